using RescueKit.Model;

namespace RescueKit.Testing.Contracts;

/// <summary>What every snapshot provider must do, on a machine that fails wherever it can.</summary>
public abstract class SnapshotProviderContract
{
    private const int MostCalls = 500;

    /// <summary>Another program's, on the same machine.</summary>
    protected abstract ISnapshotProvider Start();

    /// <summary>Two at least; all can be taken.</summary>
    protected abstract IReadOnlyList<LiveVolume> Volumes { get; }

    /// <summary>How many of <see cref="Volumes"/> it freezes at one instant.</summary>
    protected virtual int AtOnce => 2;

    /// <summary>One for each reason not to take it.</summary>
    protected abstract IReadOnlyList<LiveVolume> Unfit { get; }

    /// <summary>A volume may have several snapshots at once.</summary>
    protected abstract bool AllowsSeveral { get; }

    /// <summary>All on the machine that a snapshot could change or leave, a line for each; other programs' things, too.</summary>
    protected abstract IReadOnlyList<string> Machine { get; }

    /// <summary>Names of the files that programs keep while they have a snapshot.</summary>
    protected abstract IReadOnlyList<string> Files { get; }

    /// <summary>The machine refuses one call, the one of this number, counted from now and from 0.</summary>
    protected abstract void FailAt(int call);

    /// <summary>Ends what <see cref="FailAt"/> began.</summary>
    /// <returns>A call was refused.</returns>
    protected abstract bool Mend();

    /// <summary>Before the change of this number, counted from now and from 0, all programs are killed: each of their calls throws.</summary>
    protected abstract void KillAt(int change);

    /// <summary>All programs are dead, guardians too, and new ones can be started.</summary>
    protected abstract void Kill();

    /// <summary>The guardians alone.</summary>
    protected abstract void KillGuardians();

    /// <summary>From now on guardians take no snapshot that is left to them.</summary>
    protected abstract void RefuseHandovers();

    /// <summary>Its store is full.</summary>
    protected abstract void Lose(ISnapshot snapshot);

    private IReadOnlyList<LiveVolume> Together => [.. Volumes.Take(AtOnce)];

    [Fact]
    public void Volumes_come_in_the_order_in_which_they_were_given()
    {
        foreach (var volumes in (IReadOnlyList<LiveVolume>[])[Together, [.. Together.Reverse()]])
        {
            using var snapshot = Start().Take(volumes, NoParty.Instance);
            Assert.Equal(volumes, snapshot.Volumes.Select(volume => volume.Live));
            Assert.All(snapshot.Volumes, volume => Assert.StartsWith("/dev/", volume.Device, StringComparison.Ordinal));
            Assert.Equal(volumes.Count, snapshot.Volumes.Select(volume => volume.Device).Distinct().Count());
            Assert.All(snapshot.Volumes, volume => Assert.Contains(volume.Consistency, (Consistency[])[Consistency.FileSystem, Consistency.Crash]));
            Assert.Equal(snapshot.Volumes.Max(volume => volume.Consistency), snapshot.Consistency);
            Assert.InRange(snapshot.Times.Held, TimeSpan.Zero, snapshot.Times.Frozen);
            snapshot.Check();
        }
    }

    [Fact]
    public void It_has_a_name_and_each_snapshot_an_id_of_its_own()
    {
        var provider = Start();
        Assert.False(string.IsNullOrWhiteSpace(provider.Name));
        var ids = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            using var snapshot = provider.Take(Together, NoParty.Instance);
            Assert.True(ids.Add(snapshot.Id), snapshot.Id);
        }
    }

    [Fact]
    public void The_party_is_told_once_before_the_instant_and_once_after_it()
    {
        var party = new Party();
        using var snapshot = Start().Take(Together, party);
        Assert.Equal(["freeze", "thaw, taken"], party.Told);
    }

    [Fact]
    public void A_party_that_calls_it_off_is_told_of_the_end_and_nothing_is_left()
    {
        var before = Look();
        var why = new InvalidOperationException("called off");
        var party = new Party(() => throw why);
        Assert.Same(why, Record.Exception(() => Start().Take(Together, party)));
        Assert.Equal(["freeze", "thaw, not taken"], party.Told);
        Assert.Equal(before, Look());
    }

    [Fact]
    public void Whatever_call_fails_everything_is_as_before()
    {
        var before = Look();
        for (var at = 0; at < MostCalls; at++)
        {
            var (provider, party) = (Start(), new Party());
            FailAt(at);
            var failure = Record.Exception(() => provider.Take(Together, party).Dispose());
            if (!Mend())
            {
                Assert.Null(failure);
                Assert.InRange(at, 2, MostCalls);
                return;
            }
            if (failure is not null) Assert.IsType<SnapshotException>(failure);
            Assert.Equal(party.Told.Count(word => word == "freeze"), party.Told.Count(word => word != "freeze"));
            Assert.Equal(before, Look());
        }
        Assert.Fail("it comes to no end");
    }

    [Fact]
    public void A_machine_that_does_not_answer_is_an_error_of_that_kind_too()
    {
        foreach (var ask in (Action<ISnapshotProvider>[])[provider => provider.Refuses(Volumes[0]), provider => provider.RemoveStale()])
        {
            var provider = Start();
            FailAt(0);
            Assert.IsType<SnapshotException>(Record.Exception(() => ask(provider)));
            Assert.True(Mend());
        }
    }

    [Fact]
    public void A_release_leaves_no_trace_and_can_be_repeated()
    {
        var before = Look();
        var snapshot = Start().Take(Together, NoParty.Instance);
        Assert.NotEqual(before, Look());
        Assert.Null(snapshot.Release());
        Assert.Equal(before, Look());
        Assert.Null(snapshot.Release());
        snapshot.Dispose();
        snapshot.Dispose();
        Assert.Equal(before, Look());
    }

    [Fact]
    public void Disposing_is_a_release()
    {
        var before = Look();
        Start().Take(Together, NoParty.Instance).Dispose();
        Assert.Equal(before, Look());
    }

    [Fact]
    public void A_release_needs_no_guardian()
    {
        var before = Look();
        var snapshot = Start().Take(Together, NoParty.Instance);
        KillGuardians();
        Assert.Null(snapshot.Release());
        Assert.Equal(before, Look());
    }

    [Fact]
    public void A_provider_takes_one_after_the_other()
    {
        var (before, provider) = (Look(), Start());
        for (var i = 0; i < 3; i++)
        {
            using var snapshot = provider.Take(Together, NoParty.Instance);
            snapshot.Check();
        }
        Assert.Equal(before, Look());
    }

    [Fact]
    public void One_that_is_lost_says_so_and_can_still_be_released()
    {
        var before = Look();
        var snapshot = Start().Take(Together, NoParty.Instance);
        snapshot.Check();
        Lose(snapshot);
        Assert.Throws<SnapshotException>(snapshot.Check);
        Assert.Throws<SnapshotException>(snapshot.Check);
        Assert.Null(snapshot.Release());
        Assert.Equal(before, Look());
    }

    [Fact]
    public void A_second_one_of_a_volume_is_refused_or_independent_of_the_first()
    {
        var before = Look();
        using var first = Start().Take([Volumes[0]], NoParty.Instance);
        var one = Look();
        var other = Start();
        if (AllowsSeveral)
        {
            Assert.Null(other.Refuses(Volumes[0]));
            using var second = other.Take([Volumes[0]], NoParty.Instance);
            second.Check();
            Assert.Null(second.Release());
        }
        else
        {
            Assert.NotNull(other.Refuses(Volumes[0]));
            Assert.Throws<SnapshotException>(() => other.Take([Volumes[0]], NoParty.Instance));
        }
        Assert.Equal(one, Look());
        first.Check();
        Assert.Null(first.Release());
        Assert.Equal(before, Look());
    }

    [Fact]
    public void A_second_one_at_the_last_moment_does_not_disturb_the_first()
    {
        var before = Look();
        var party = new Party(() =>
        {
            var all = Look();
            var refusal = Record.Exception(() => Start().Take([Volumes[0]], NoParty.Instance).Dispose());
            if (AllowsSeveral) Assert.Null(refusal);
            else Assert.IsType<SnapshotException>(refusal);
            Assert.Equal(all, Look());
        });
        using (var snapshot = Start().Take(Together, party)) snapshot.Check();
        Assert.Equal(["freeze", "thaw, taken"], party.Told);
        Assert.Equal(before, Look());
    }

    [Fact]
    public void One_that_is_detached_outlives_its_program()
    {
        var before = Look();
        var snapshot = Start().Take(Together, NoParty.Instance);
        snapshot.Detach(Consistency.Application);
        var detached = Look();
        Assert.NotEqual(before, detached);
        snapshot.Dispose();
        Assert.Null(snapshot.Release());
        Assert.Empty(Start().RemoveStale());
        Assert.Equal(detached, Look());
        Kill();
        Assert.NotEmpty(Start().RemoveStale());
        Assert.Equal(before, Look());
    }

    [Fact]
    public void One_that_no_guardian_takes_stays_its_programs()
    {
        var before = Look();
        var snapshot = Start().Take(Together, NoParty.Instance);
        RefuseHandovers();
        Assert.Throws<SnapshotException>(() => snapshot.Detach(Consistency.FileSystem));
        snapshot.Check();
        Assert.Null(snapshot.Release());
        Assert.Equal(before, Look());
    }

    [Fact]
    public void What_programs_left_that_were_killed_at_any_moment_is_removed()
    {
        var before = Machine;
        Assert.Empty(Start().RemoveStale());
        for (var at = 0; at < MostCalls; at++)
        {
            var files = Files;
            var provider = Start();
            KillAt(at);
            var isWhole = Record.Exception(() => provider.Take(Together, NoParty.Instance)) is null;
            Kill();
            var isLeft = !before.SequenceEqual(Machine);
            var said = Start().RemoveStale();
            Assert.Equal(before, Machine);
            Assert.All(said, line => Assert.EndsWith(".", line, StringComparison.Ordinal));
            Assert.Empty(Start().RemoveStale());
            if (isLeft)
            {
                Assert.NotEmpty(said);
                Assert.Equal(files, Files);
            }
            if (!isWhole) continue;
            Assert.True(isLeft);
            return;
        }
        Assert.Fail("it comes to no end");
    }

    [Fact]
    public void What_others_hold_is_not_stale()
    {
        var before = Look();
        Start().Take([Volumes[0]], NoParty.Instance);
        Kill();
        using var living = Start().Take([Volumes[1]], NoParty.Instance);
        Assert.NotEmpty(Start().RemoveStale());
        living.Check();
        var one = Look();
        Assert.Empty(Start().RemoveStale());
        Assert.Equal(one, Look());
        Assert.Null(living.Release());
        Assert.Equal(before, Look());
    }

    [Fact]
    public void What_cannot_be_taken_is_refused_with_a_reason()
    {
        var before = Look();
        Assert.All(Volumes, volume => Assert.Null(Start().Refuses(volume)));
        var reasons = Unfit.Select(volume => Start().Refuses(volume)).ToList();
        Assert.All(reasons, why => Assert.False(string.IsNullOrWhiteSpace(why?.Reason) || string.IsNullOrWhiteSpace(why.Remedy)));
        Assert.All(Unfit.Zip(reasons), pair =>
        {
            var party = new Party();
            var refusal = Assert.Throws<SnapshotException>(() => Start().Take([pair.First], party));
            Assert.Contains(pair.Second!.Reason, refusal.Message, StringComparison.Ordinal);
            Assert.Equal(pair.Second.Remedy, refusal.Remedy);
            Assert.Contains(pair.First.Name, refusal.Message, StringComparison.Ordinal);
            Assert.Empty(party.Told);
        });
        Assert.Equal(before, Look());
    }

    private List<string> Look() => [.. Machine, .. Files];

    private sealed class Party(Action? freeze = null) : IInstantParty
    {
        public List<string> Told { get; } = [];

        public void Freeze()
        {
            Told.Add("freeze");
            freeze?.Invoke();
        }

        public void Thaw(bool isTaken) => Told.Add(isTaken ? "thaw, taken" : "thaw, not taken");
    }
}
