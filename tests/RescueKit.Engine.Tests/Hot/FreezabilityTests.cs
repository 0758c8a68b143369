using RescueKit.Disks;
using RescueKit.Engine.Hot;
using RescueKit.Model;

namespace RescueKit.Engine.Tests.Hot;

public class FreezabilityTests
{
    private static readonly LivePartition s_root = new(
        2, "partition 2 of /dev/sda", "/dev/sda2", 1 << 20, IsInUse: true, IsSwap: false, [new LiveFileSystem("/", "8:2", "ext4", 0), new LiveFileSystem("/srv", "253:7", "xfs", 1)], null);

    [Fact]
    public void A_partition_without_a_mapping_wants_the_boot_hook() => Assert.Same(Refusal.NoMapping, Freezability.WhyNot(s_root, new Provider(null)));

    [Fact]
    public void What_the_boot_hook_maps_nothing_of_is_not_told_to_install_it() =>
        Assert.DoesNotContain("agent install", Freezability.WhyNot(s_root with { Number = 0 }, new Provider(null))!.Remedy, StringComparison.Ordinal);

    [Fact]
    public void Of_a_mapping_its_provider_decides()
    {
        var mapped = s_root with { MappingNumber = "253:1" };
        var why = new Refusal("is odd", "make it even");
        Assert.Null(Freezability.WhyNot(mapped, new Provider(null)));
        Assert.Same(why, Freezability.WhyNot(mapped, new Provider(why)));
    }

    [Fact]
    public void The_error_says_where_it_is_used_and_what_helps()
    {
        var why = new Refusal("is odd", "make it even");
        var error = Freezability.CannotBeFrozen(s_root, why, "Or leave it");
        Assert.Equal("partition 2 of /dev/sda is mounted at /, /srv and cannot be frozen: it is odd", error.Message);
        Assert.Equal("make it even. Or leave it", error.Remedy);
        Assert.Equal("partition 2 of /dev/sda is in use and cannot be frozen: it is odd", Freezability.CannotBeFrozen(s_root with { FileSystems = [] }, why).Message);
        var unused = Freezability.CannotBeFrozen(s_root with { FileSystems = [], IsInUse = false }, why);
        Assert.Equal(("partition 2 of /dev/sda cannot be frozen: it is odd", "make it even"), (unused.Message, unused.Remedy));
    }

    private sealed class Provider(Refusal? why) : ISnapshotProvider
    {
        public string Name => "none";

        public Refusal? Refuses(LiveVolume volume) => why;

        public ISnapshot Take(IReadOnlyList<LiveVolume> volumes, IInstantParty party) => throw new SnapshotException("not here");

        public IReadOnlyList<string> RemoveStale() => [];
    }
}
