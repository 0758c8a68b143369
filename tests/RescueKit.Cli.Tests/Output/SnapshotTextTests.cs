using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Tests.Fakes;

namespace RescueKit.Cli.Tests.Output;

public class SnapshotTextTests
{
    [Fact]
    public void A_new_one_is_told_with_its_devices_and_what_to_do_with_it() => Assert.Equal("""
        Snapshot 1a2b3c4d: application-consistent; frozen for 0.03 s
          1a2b3c4d:1  /dev/dm-7  partition 2 of /dev/sda (/, /srv), 20.0 GiB, read-only
          1a2b3c4d:2  /dev/dm-9  partition 3 of /dev/sda (/boot/efi), 512.0 MiB, read-only
          warning: The writer pg1 was not asked: none of its files lie there.
        To look into it: rescuekit snapshot mount 1a2b3c4d:1 DIR; to take it away: rescuekit snapshot release 1a2b3c4d

        """.ReplaceLineEndings("\n"), Printed(to => SnapshotText.WriteNew(to, Samples.Snapshot)));

    [Fact]
    public void One_of_a_single_volume_needs_no_number() =>
        Assert.Contains("snapshot mount 1a2b3c4d DIR", Printed(to => SnapshotText.WriteNew(to, Samples.Snapshot with { Volumes = [Samples.Snapshot.Volumes[0]] })), StringComparison.Ordinal);

    [Fact]
    public void Each_volume_has_a_line_in_the_list() => Assert.Equal("""
        ID          AGE     DEVICE      VOLUME                               STORE                               USED  STATE
        1a2b3c4d:1  3 days  /dev/dm-7   partition 2 of /dev/sda (/, /srv)    memory                3.0 MiB of 2.0 GiB  application-consistent, in use
        1a2b3c4d:2  3 days  /dev/dm-9   partition 3 of /dev/sda (/boot/efi)  memory                  0 B of 512.0 MiB  file-system-consistent
        0badcafe:1  2 days  /dev/dm-12  /dev/mapper/vg0-data                 the pool of vg0/data                   -  LOST: release it

        """.ReplaceLineEndings("\n"), List(TimeSpan.FromDays(3), Samples.Snapshot, Samples.LostSnapshot));

    [Theory]
    [InlineData(-5, "0 s")]
    [InlineData(119, "119 s")]
    [InlineData(120, "2 min")]
    [InlineData(7199, "120 min")]
    [InlineData(7200, "2 h")]
    [InlineData(172_799, "48 h")]
    [InlineData(172_800, "2 days")]
    public void Its_age_is_told_roughly(int seconds, string expected) => Assert.Contains($" {expected} ", List(TimeSpan.FromSeconds(seconds), Samples.Snapshot), StringComparison.Ordinal);

    [Fact]
    public void Where_there_are_none_it_says_so() => Assert.Equal("There are no snapshots.\n", List(TimeSpan.Zero));

    private static string List(TimeSpan age, params IReadOnlyList<SnapshotDocument> snapshots) => Printed(to => SnapshotText.WriteList(to, new SnapshotListDocument(snapshots), Samples.At + age));

    private static string Printed(Action<TextWriter> write)
    {
        var printed = new StringWriter { NewLine = "\n" };
        write(printed);
        return printed.ToString();
    }
}
