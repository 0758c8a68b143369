using System.Text.Json;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>Disks with sectors that fail, and one to restore onto.</summary>
public sealed class GuestBadSectorMachine : GuestMachine
{
    private const int Mebibytes = 24;
    private static readonly GuestFault[] s_bad = [new(9_000), new(9_001), new(20_007), new(40_000)];

    public GuestBadSectorMachine(GuestSystem system) : base(system)
    {
        Add("dying", GuestBus.Virtio, s_bad);
        Add("dyingscsi", GuestBus.Scsi, s_bad);
        Add("stuttering", GuestBus.Virtio, [new(9_000, Once: true), new(30_000, Once: true)]);
        Add("good", GuestBus.Virtio, []);
        Add("unwritable", GuestBus.Virtio, [new(30_000, IsWrite: true)]);
        Add("spare", GuestBus.Scsi, []);
    }

    internal static ExtentSet Bad => ExtentSet.From(s_bad.Select(fault => new Extent(fault.Sector * 512, 512)));

    private void Add(string name, GuestBus bus, GuestFault[] faults) =>
        Add(new GuestDisk(name, GuestDisks.Unrecognised(Folder, name, Mebibytes, name.Length), bus) { Serial = name.ToUpperInvariant(), Faults = faults });
}

/// <summary>EIO as the kernel reports it, from disks that answer a request with an error.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestBadSectorTests(GuestBadSectorMachine machine) : IClassFixture<GuestBadSectorMachine>
{
    private Guest Guest => machine.Guest;

    public static TheoryData<string> Dying => TestScale.IsWide ? ["dying", "dyingscsi"] : ["dying"];

    [Theory]
    [MemberData(nameof(Dying))]
    public void With_skip_exactly_the_bad_sectors_are_lost(string disk)
    {
        var receipt = Receipt($"image create {machine.Path(disk)} /tmp/dying.rki --on-bad-sector skip", 5);
        Assert.Equal(GuestBadSectorMachine.Bad, Unreadable(receipt));
        Assert.All(receipt.GetProperty("unreadable").EnumerateArray(), range => Assert.Equal(1, range.GetProperty("partition").GetInt32()));

        var restored = Receipt($"image restore /tmp/dying.rki {machine.Path("spare")} --confirm PARE --verify", 5);
        Assert.Equal(GuestBadSectorMachine.Bad, Unreadable(restored));
        Guest.Must("rm /tmp/dying.rki");
        var expected = File.ReadAllBytes(machine.File(disk));
        foreach (var lost in GuestBadSectorMachine.Bad) expected.AsSpan((int)lost.Offset, (int)lost.Length).Clear();
        Assert.True(File.ReadAllBytes(machine.File("spare")).AsSpan().SequenceEqual(expected));
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_clone_loses_the_same()
    {
        Assert.Equal(GuestBadSectorMachine.Bad, Unreadable(Receipt($"clone {machine.Path("dying")} {machine.Path("spare")} --confirm PARE --on-bad-sector skip --verify", 5)));
        var expected = File.ReadAllBytes(machine.File("dying"));
        foreach (var lost in GuestBadSectorMachine.Bad) expected.AsSpan((int)lost.Offset, (int)lost.Length).Clear();
        Assert.True(File.ReadAllBytes(machine.File("spare")).AsSpan().SequenceEqual(expected));
    }

    [Fact]
    public void With_fail_the_run_stops_with_the_offset_and_the_image_can_be_gone_on_with()
    {
        var dying = machine.Path("dying");
        var failed = Guest.Must($"rescuekit image create {dying} /tmp/failed.rki --json", 1);
        var (offset, length) = Range(failed);
        Assert.True(ExtentSet.Of(new Extent(offset, length)).Overlaps(GuestBadSectorMachine.Bad[0]), failed.Everything);
        Assert.Contains($"at offset {offset} of {dying}: Input/output error", failed.Everything, StringComparison.Ordinal);
        Assert.Contains("--on-bad-sector skip", failed.Everything, StringComparison.Ordinal);
        Guest.Must($"rescuekit image create {dying} /tmp/failed.rki --resume --on-bad-sector skip; [ $? = 5 ] && rm /tmp/failed.rki");
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void An_error_that_goes_away_costs_nothing_under_skip()
    {
        var receipt = Receipt($"image create {machine.Path("stuttering")} /tmp/stutter.rki --on-bad-sector skip --verify", 0);
        Assert.Equal(0, receipt.GetProperty("bytes_unreadable").GetInt64());
        Guest.Must($"rescuekit image restore /tmp/stutter.rki {machine.Path("spare")} --confirm PARE && rm /tmp/stutter.rki");
        Assert.Equal(MatrixDisk.Digest(machine.File("stuttering")), MatrixDisk.Digest(machine.File("spare")));
    }

    [Fact]
    public void A_target_that_does_not_take_a_sector_fails_with_the_offset_and_is_left_unbootable()
    {
        var target = machine.Path("unwritable");
        var failed = Guest.Must($"rescuekit clone {machine.Path("good")} {target} --confirm ABLE --json", 1);
        var (offset, length) = Range(failed);
        Assert.True(new Extent(offset, length).Contains(30_000L * 512), failed.Everything);
        Assert.Contains($"{target} is incomplete and can be neither booted nor mounted", failed.Everything, StringComparison.Ordinal);
        Guest.Must($"blockdev --rereadpt {target} && [ ! -e {target}1 ]");
        var left = File.ReadAllBytes(machine.File("unwritable"));
        Assert.False(left.AsSpan(0, 34 * 512).ContainsAnyExcept((byte)0));
        Assert.False(left.AsSpan(left.Length - 33 * 512).ContainsAnyExcept((byte)0));
    }

    private JsonElement Receipt(string run, int exitCode)
    {
        using var document = JsonDocument.Parse(Guest.Must($"rescuekit {run} --json", exitCode).Output);
        return document.RootElement.Clone();
    }

    private static ExtentSet Unreadable(JsonElement receipt) => ExtentSet.From(receipt.GetProperty("unreadable").EnumerateArray()
        .Select(range => new Extent(range.GetProperty("offset").GetInt64(), range.GetProperty("length").GetInt64())));

    private static (long Offset, long Length) Range(GuestResult failed)
    {
        using var document = JsonDocument.Parse(failed.Output);
        return (document.RootElement.GetProperty("offset").GetInt64(), document.RootElement.GetProperty("length").GetInt64());
    }
}
