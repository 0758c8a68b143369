using System.Text.Json;
using RescueKit.Model;

namespace RescueKit.Snapshots.Freezing;

/// <summary>A guardian with its shared file, as the program that makes the snapshot has it.</summary>
internal sealed class GuardPost : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly IHelper _guardian;
    private FreezeScript _script;

    /// <exception cref="SnapshotException">There is no guardian, and no shared file.</exception>
    public GuardPost(HelperStart start, FreezeScript script)
    {
        _script = script;
        try
        {
            FreezeBoard.Create(script.SharedFile, Words);
            _guardian = start(SnapshotHelper.GuardianRole, Words, s_patience);
        }
        catch
        {
            Forget();
            throw;
        }
    }

    public string SharedFile => _script.SharedFile;

    public string Words => JsonSerializer.Serialize(_script, FreezeJson.Default.FreezeScript);

    /// <summary>Writes down what others are told of the snapshot.</summary>
    public void Record(SnapshotRecord record)
    {
        _script = _script with { Taken = record };
        FreezeBoard.Rewrite(SharedFile, Words);
    }

    public void Say(string word) => _guardian.Say(word);

    /// <summary>From now on the snapshot is the guardian's.</summary>
    /// <param name="handed">For <see cref="IGuarded.Adopt"/>.</param>
    /// <exception cref="SnapshotException">It did not take it.</exception>
    public void Detach(string handed, Consistency grade)
    {
        if (_script.Taken is { } record) Record(record with { Consistency = grade });
        Say($"{SnapshotHelper.Detach} {handed}");
        if (_guardian.Hear(s_patience) is var answer && answer != SnapshotHelper.Detached)
            throw new SnapshotException($"the snapshot could not be left to its guardian: {answer ?? "it does not answer"}");
        Dispose();
    }

    /// <summary>A call that freezes has not come back yet. The guardian thaws when it does, and removes the snapshot then, whoever lives: it is to be left alone.</summary>
    public bool IsFreezing => FreezeBoard.IsFreezing(SharedFile);

    /// <summary>The guardian removes the snapshot.</summary>
    /// <returns>False where it is dead, or could not; then it is dead now, unless it <see cref="IsFreezing"/>.</returns>
    public bool Release()
    {
        Say(SnapshotHelper.Release);
        if (_guardian.Hear(s_patience) == SnapshotHelper.Released) return true;
        if (!IsFreezing) _guardian.Kill();
        return false;
    }

    /// <summary>There is nothing left that it tells of.</summary>
    public void Forget()
    {
        if (File.Exists(SharedFile)) File.Delete(SharedFile);
    }

    public void Dispose() => _guardian.Dispose();
}
