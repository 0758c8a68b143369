using System.Text.Json;
using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Tests.Fakes;

/// <summary>
/// Helpers inside the test. Guardians lock their shared files and answer as the real ones do; the freezer goes through its script on the fake device
/// mapper. What the kernel does to file systems and volumes meanwhile is seen in guests only.
/// </summary>
internal sealed class FakeHelpers(FakeDeviceMapper mapper, Faults faults, Action<FreezeScript> remove)
{
    private readonly List<Guardian> _guardians = [];

    public bool RefusesHandovers { get; set; }

    /// <summary>It dies with the volumes suspended.</summary>
    public bool FreezerDies { get; set; }

    /// <summary>The kernel does not end its call; its guardian waits for that.</summary>
    public bool FreezerHangs { get; set; }

    public bool IsAnyGuardianKilled { get; private set; }

    public FreezeScript? LastScript { get; private set; }

    public IHelper Start(string role, string script, TimeSpan patience)
    {
        if (faults.Call()) throw new SnapshotException($"the {role} did not become ready");
        var words = JsonSerializer.Deserialize(script, FreezeJson.Default.FreezeScript)!;
        LastScript = words;
        if (role == SnapshotHelper.FreezerRole) return new Freezer(this, words);
        _guardians.Add(new Guardian(this, words));
        return _guardians[^1];
    }

    /// <summary>The call comes back: guardians see that nobody wants the snapshot.</summary>
    public void EndHanging()
    {
        FreezerHangs = false;
        _guardians.ForEach(guardian => guardian.Dispose());
    }

    public void KillGuardians() => _guardians.ForEach(guardian => guardian.Kill());

    private sealed class Guardian : IHelper
    {
        private readonly FakeHelpers _all;
        private readonly FreezeScript _script;
        private readonly FreezeBoard _board;
        private string? _answer;
        private bool _isOver, _isDetached;

        public Guardian(FakeHelpers all, FreezeScript script)
        {
            (_all, _script, _board) = (all, script, new FreezeBoard(script.SharedFile));
            if (!Kernel.TryLock(_board.File)) throw new SnapshotException("it has a guardian already");
        }

        public void Say(string line)
        {
            if (_isOver || _all.IsDead || (_all.FreezerHangs && line != SnapshotHelper.Arm)) return;
            if (line == SnapshotHelper.Release) _answer = RemoveAll();
            if (line == SnapshotHelper.GiveUp) _all.Thaw(_script);
            if (!line.StartsWith(SnapshotHelper.Detach + " ", StringComparison.Ordinal)) return;
            _isDetached = !_all.RefusesHandovers;
            _answer = _isDetached ? SnapshotHelper.Detached : "no";
        }

        public string? Hear(TimeSpan patience) => _all.IsDead ? null : Interlocked.Exchange(ref _answer, null);

        public void Kill()
        {
            _all.IsAnyGuardianKilled = !_isOver;
            _isOver = true;
            _board.Dispose();
        }

        public void Dispose()
        {
            if (!_isOver && !_isDetached && !_all.IsDead && !_all.FreezerHangs) RemoveAll();
        }

        private string RemoveAll()
        {
            try
            {
                _all.Remove(_script);
                File.Delete(_script.SharedFile);
                return SnapshotHelper.Released;
            }
            catch (Exception e) when (e is DeviceMapperException or RescueKitException)
            {
                return e.Message;
            }
            finally
            {
                Kill();
            }
        }
    }

    private sealed class Freezer(FakeHelpers all, FreezeScript script) : IHelper
    {
        private FreezeOutcome? _outcome;

        public void Say(string line)
        {
            if (line == SnapshotHelper.Go) _outcome = all.Freeze(script);
        }

        public string? Hear(TimeSpan patience) => _outcome is null ? null : JsonSerializer.Serialize(_outcome, FreezeJson.Default.FreezeOutcome);

        public void Kill()
        {
        }

        public void Dispose()
        {
        }
    }

    private bool IsDead => faults.IsDead;

    private void Remove(FreezeScript script) => remove(script);

    private FreezeOutcome? Freeze(FreezeScript script)
    {
        if (FreezerHangs)
        {
            using var board = new FreezeBoard(script.SharedFile);
            (board.Freezer, board.Phase) = (Environment.ProcessId, FreezePhase.Freezing);
            return null;
        }
        string? problem = null;
        Try(() =>
        {
            foreach (var volume in script.Volumes) mapper.Suspend(volume.Name);
            if (FreezerDies) return;
            foreach (var name in script.Snapshots) mapper.Resume(name, hidden: true);
        });
        if (FreezerDies) return null;
        foreach (var volume in script.Volumes) Try(() => mapper.Resume(volume.Name));
        return new FreezeOutcome(problem, 2000, 1000);

        void Try(Action step)
        {
            try
            {
                step();
            }
            catch (DeviceMapperException e)
            {
                problem ??= e.Message;
            }
        }
    }

    private void Thaw(FreezeScript script)
    {
        foreach (var volume in script.Volumes.Where(volume => mapper.IsSuspended(volume.Name))) mapper.Resume(volume.Name);
    }
}
