using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Tests.Fakes;

namespace RescueKit.Snapshots.Tests;

/// <summary>Whatever a process that was killed has left of a snapshot, its removal finds and ends.</summary>
public class SetRemovalTests
{
    private const string Set = "0badcafe";

    [Fact]
    public void A_snapshot_that_was_cut_off_at_any_step_is_removed_without_a_trace()
    {
        var steps = Try(null);
        Assert.InRange(steps, 10, 40);
        for (var at = 0; at < steps; at++) Try(at);

        static int Try(int? diesAt)
        {
            var mapper = TwoVolumes();
            var before = mapper.Faults.Changes;
            mapper.Faults.DiesAt = before + diesAt;
            Until(() => MakeBoth(mapper));
            var steps = mapper.Faults.Changes - before;
            mapper.Faults.DiesAt = null;
            SetRemoval.Remove(mapper, Set);
            AssertAsBefore(mapper);
            return steps;
        }
    }

    [Fact]
    public void A_removal_that_was_cut_off_at_any_step_is_ended_by_the_next_one()
    {
        for (var at = 0; ; at++)
        {
            var mapper = TwoVolumes();
            MakeBoth(mapper);
            mapper.Faults.DiesAt = mapper.Faults.Changes + at;
            var isWhole = Until(() => SetRemoval.Remove(mapper, Set));
            mapper.Faults.DiesAt = null;
            SetRemoval.Remove(mapper, Set);
            AssertAsBefore(mapper);
            if (isWhole) return;
        }
    }

    [Fact]
    public void A_volume_that_stayed_suspended_runs_again()
    {
        var mapper = TwoVolumes();
        Prepare(mapper, 0);
        mapper.Suspend("live0");
        SetRemoval.Remove(mapper, Set);
        AssertAsBefore(mapper);
    }

    [Fact]
    public void Who_still_reads_it_gets_errors_and_no_mixture()
    {
        var mapper = TwoVolumes();
        MakeBoth(mapper);
        var frozen = SetNames.FrozenOf(Set, 0).Name;
        mapper.Open(frozen);
        var said = SetRemoval.Remove(mapper, Set);
        Assert.Contains(said, line => line.Contains("still in use", StringComparison.Ordinal));
        Assert.Equal("error", Assert.Single(mapper.Table(frozen)).Type);
        Assert.Equal("linear", Assert.Single(mapper.Table("live0")).Type);
    }

    [Fact]
    public void Other_sets_and_other_devices_are_left_alone()
    {
        var mapper = TwoVolumes();
        MakeBoth(mapper);
        mapper.Live("other", "8:32 0");
        SetRemoval.Remove(mapper, "deadbeef");
        Assert.Equal([Set], SetRemoval.Sets(mapper));
        Assert.Equal("snapshot-origin", Assert.Single(mapper.Table("live1")).Type);
    }

    [Fact]
    public void Names_say_whose_they_are()
    {
        Assert.Equal((Set, SetPart.Real), SetNames.Parse(SetNames.RealOf(Set, 3).Id)!.Value);
        Assert.Equal((Set, SetPart.Frozen), SetNames.Parse(SetNames.FrozenOf(Set, 3).Id)!.Value);
        Assert.Equal((Set, SetPart.Store), SetNames.Parse(SetNames.StoreOf(Set, 3).Id)!.Value);
        Assert.Null(SetNames.Parse("LVM-abc"));
        Assert.Null(SetNames.Parse("RESCUEKIT-rescuekit-overlay-sda1"));
    }

    private static FakeDeviceMapper TwoVolumes()
    {
        var mapper = new FakeDeviceMapper();
        mapper.Live("live0", "8:1 0");
        mapper.Live("live1", "8:2 0");
        return mapper;
    }

    private static void AssertAsBefore(FakeDeviceMapper mapper)
    {
        Assert.Equal(["live0", "live1"], mapper.List().Select(device => device.Name));
        Assert.Equal([new MapTarget(0, 1000, "linear", "8:1 0")], mapper.Table("live0"));
        Assert.Equal([new MapTarget(0, 1000, "linear", "8:2 0")], mapper.Table("live1"));
        Assert.All(mapper.List(), device => Assert.False(device.IsSuspended));
        Assert.Empty(mapper.LoadedTable("live0"));
    }

    private static void MakeBoth(FakeDeviceMapper mapper)
    {
        for (var i = 0; i < 2; i++) Prepare(mapper, i);
        for (var i = 0; i < 2; i++) mapper.Suspend($"live{i}");
        for (var i = 0; i < 2; i++) mapper.Resume(SetNames.FrozenOf(Set, i).Name);
        for (var i = 0; i < 2; i++) mapper.Resume($"live{i}");
    }

    /// <summary>The steps of SetMaking.</summary>
    private static void Prepare(FakeDeviceMapper mapper, int i)
    {
        var (real, frozen) = (SetNames.RealOf(Set, i), SetNames.FrozenOf(Set, i));
        var number = mapper.Create(real.Name, real.Id).Number;
        mapper.Load(real.Name, mapper.Table($"live{i}"));
        mapper.Resume(real.Name);
        mapper.Create(frozen.Name, frozen.Id);
        mapper.Load(frozen.Name, [new MapTarget(0, 1000, "snapshot", $"{number} 7:{i} N 32")]);
        mapper.Load($"live{i}", [new MapTarget(0, 1000, "snapshot-origin", number)]);
    }

    /// <returns>True where it was not cut off.</returns>
    private static bool Until(Action what)
    {
        try
        {
            what();
            return true;
        }
        catch (KilledException)
        {
            return false;
        }
    }
}
