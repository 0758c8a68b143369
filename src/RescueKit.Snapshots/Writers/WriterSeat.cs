using System.Diagnostics;
using RescueKit.Model;
using RescueKit.Snapshots.Writers.Detection;

namespace RescueKit.Snapshots.Writers;

/// <summary>One writer on its way through a snapshot, and what is known of it.</summary>
internal sealed class WriterSeat(WriterEntry entry)
{
    private readonly Lock _turn = new();
    private long _frozenAt;

    public IWriter Writer => entry.Writer;
    public string Name => entry.Writer.Name;
    public bool IsRequired => entry.OnFailure == FailurePolicy.Abort;
    public TimeSpan Deadline => entry.Deadline;
    public TimeSpan Patience => entry.Patience;

    public WriterState State { get; private set; } = WriterState.Frozen;
    public string? Message { get; private set; }
    public IReadOnlyList<WriterFolder> Folders { get; set; } = [];

    /// <summary>That it has files on.</summary>
    public IReadOnlyList<LiveVolume> Volumes { get; set; } = [];

    /// <summary>Has been told that there is going to be a snapshot, and is owed its end.</summary>
    public bool IsTold { get; set; }
    public TimeSpan Frozen { get; private set; }
    public bool IsOn => State == WriterState.Frozen;

    /// <summary>Another thread is in the middle of a call.</summary>
    public bool IsBusy
    {
        get
        {
            if (!_turn.TryEnter()) return true;
            _turn.Exit();
            return false;
        }
    }

    /// <summary>A server's folder is among those that the writer speaks for.</summary>
    public bool Covers(RunningServer server) => Folders.Any(folder => ProcessMounts.IsAbove(folder.Path, server.Folder));

    public void BeginFreeze() => _frozenAt = Stopwatch.GetTimestamp();

    public void EndFreeze() => Frozen = Stopwatch.GetElapsedTime(_frozenAt);

    public void Skip(string why) => (State, Message) = (WriterState.Skipped, why);

    /// <summary>The first failure is the one that counts.</summary>
    public void Fail(string why)
    {
        if (State != WriterState.Failed) (State, Message) = (WriterState.Failed, why);
    }

    /// <summary>One call of the writer at a time; whatever it throws is told as a failure.</summary>
    /// <returns>Null, or how it failed.</returns>
    public string? Call(Action<IWriter> what)
    {
        lock (_turn)
        {
            try
            {
                what(Writer);
                return null;
            }
            catch (WriterException e)
            {
                return e.Message;
            }
            catch (Exception e)
            {
                return $"could not be told: {e.Message}";
            }
        }
    }

    /// <summary>As <see cref="Call"/>, and noted.</summary>
    public void Try(Action<IWriter> what)
    {
        if (Call(what) is { } why) Fail(why);
    }

    public WriterResult Result => new(Name, Writer.Type, State, Message, Frozen.TotalSeconds, IsOn ? Writer.Marker : null, [.. Volumes.Select(volume => volume.Name)], Writer.Said);
}
