namespace RescueKit.Snapshots.Tests.Fakes;

/// <summary>When a fake machine refuses a call, or the programs that call it are killed.</summary>
internal sealed class Faults
{
    private readonly Lock _lock = new();
    private int _calls;
    private int? _failsAt;

    /// <summary>Whoever calls is killed before the change of this number, and whoever lives on finds it dead; null for never.</summary>
    public int? DiesAt { get; set; }

    public bool IsDead => Changes > DiesAt;
    public int Changes { get; private set; }
    public bool HasFailed { get; private set; }

    public void FailAt(int call)
    {
        lock (_lock) (_failsAt, HasFailed) = (_calls + call, false);
    }

    public void KillAt(int change)
    {
        lock (_lock) DiesAt = Changes + change;
    }

    public bool Mend()
    {
        lock (_lock) _failsAt = null;
        return HasFailed;
    }

    /// <returns>The call is refused.</returns>
    public bool Call()
    {
        lock (_lock)
        {
            if (_calls++ != _failsAt) return false;
            return HasFailed = true;
        }
    }

    /// <summary>To be asked before each change.</summary>
    public void Change()
    {
        lock (_lock)
        {
            if (Changes++ >= DiesAt) throw new KilledException();
        }
    }
}

internal sealed class KilledException : Exception;
