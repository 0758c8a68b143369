using RescueKit.Model;
using RescueKit.Snapshots.Writers;

namespace RescueKit.Snapshots.Tests.Writers;

/// <summary>What an image is worth, from who froze on its volumes.</summary>
public class GradingTests
{
    private static readonly LiveVolume s_boot = Volume(1), s_data = Volume(2), s_log = Volume(3);

    [Fact]
    public void A_volume_without_applications_is_worth_what_its_snapshot_gave()
    {
        Assert.Equal(Consistency.FileSystem, Grade([], []).Of(s_boot, Consistency.FileSystem));
        Assert.Equal(Consistency.Crash, Grade([], []).Of(s_boot, Consistency.Crash));
    }

    [Fact]
    public void A_writer_that_was_frozen_makes_its_volumes_consistent_for_applications()
    {
        var grading = Grade([Seat(s_data, s_log)], []);
        Assert.Equal(Consistency.Application, grading.Of(s_data, Consistency.FileSystem));
        Assert.Equal(Consistency.Application, grading.Of(s_log, Consistency.FileSystem));
        Assert.Equal(Consistency.FileSystem, grading.Of(s_boot, Consistency.FileSystem));
    }

    [Fact]
    public void No_writer_makes_up_for_file_systems_that_were_not_frozen() =>
        Assert.Equal(Consistency.Crash, Grade([Seat(s_data)], []).Of(s_data, Consistency.Crash));

    [Fact]
    public void One_writer_that_failed_is_enough()
    {
        var failed = Seat(s_data);
        failed.Fail("failed");
        Assert.Equal(Consistency.FileSystem, Grade([Seat(s_data), failed], []).Of(s_data, Consistency.FileSystem));
    }

    [Fact]
    public void One_database_that_nobody_froze_is_enough()
    {
        var grading = Grade([Seat(s_data, s_log)], [(s_data, true), (s_data, false)]);
        Assert.Equal(Consistency.FileSystem, grading.Of(s_data, Consistency.FileSystem));
        Assert.Equal(Consistency.Application, grading.Of(s_log, Consistency.FileSystem));
    }

    [Fact]
    public void A_writer_that_was_skipped_counts_neither_way()
    {
        var skipped = Seat(s_data);
        skipped.Skip("has no files there");
        Assert.Equal(Consistency.FileSystem, Grade([skipped], []).Of(s_data, Consistency.FileSystem));
        Assert.Equal(Consistency.Application, Grade([skipped, Seat(s_data)], []).Of(s_data, Consistency.FileSystem));
    }

    [Fact]
    public void An_image_is_worth_as_much_as_the_worst_volume_with_applications()
    {
        Assert.Equal(Consistency.Application, Image(Grade([Seat(s_data, s_log)], [(s_data, true)]), Consistency.FileSystem, s_boot, s_data, s_log));
        Assert.Equal(Consistency.FileSystem, Image(Grade([Seat(s_data)], [(s_log, false)]), Consistency.FileSystem, s_boot, s_data, s_log));
        Assert.Equal(Consistency.FileSystem, Image(Grade([], []), Consistency.FileSystem, s_boot, s_data));
        Assert.Equal(Consistency.FileSystem, Image(Grade([], [(s_data, false)]), Consistency.FileSystem, s_boot, s_data));
    }

    [Fact]
    public void A_volume_that_was_not_frozen_counts_though_no_application_is_on_it()
    {
        var grading = Grade([Seat(s_data)], []);
        Assert.Equal(Consistency.Crash, grading.Of([(s_boot, Consistency.Crash), (s_data, Consistency.FileSystem)]));
    }

    private static Consistency Image(Grading grading, Consistency given, params LiveVolume[] volumes) => grading.Of([.. volumes.Select(volume => (volume, given))]);

    private static Grading Grade(WriterSeat[] seats, (LiveVolume Volume, bool IsFrozen)[] databases) => new(seats, databases);

    private static WriterSeat Seat(params LiveVolume[] volumes) =>
        new(new WriterEntry(new FakeWriter("a", []), FailurePolicy.Downgrade, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1))) { Volumes = volumes };

    private static LiveVolume Volume(int number) => new($"partition {number}", $"253:{number}", 1 << 20, [new LiveFileSystem($"/v{number}", $"253:{number}", "ext4", 0)]);
}
