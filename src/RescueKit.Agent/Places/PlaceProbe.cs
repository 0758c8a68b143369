using RescueKit.Agent.Protocol;

namespace RescueKit.Agent.Places;

/// <summary>
/// How full places are, and whether they answer. A share that went away hangs whoever asks it: each place is asked by one thread at a time,
/// and its answer is waited for shortly.
/// </summary>
internal sealed class PlaceProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task<Answer>> _asking = [];

    public Place Fill(Place place)
    {
        var answer = Asking(place.Path);
        return answer.Wait(Limit)
            ? place with { FreeBytes = answer.Result.Free, TotalBytes = answer.Result.Total, Error = answer.Result.Error }
            : place with { Error = "it does not answer" };
    }

    private Task<Answer> Asking(string path)
    {
        lock (_lock)
        {
            if (_asking.TryGetValue(path, out var pending) && !pending.IsCompleted) return pending;
            return _asking[path] = Task.Factory.StartNew(() => Ask(path), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    private static Answer Ask(string path)
    {
        try
        {
            if (!Directory.Exists(path)) return new Answer(null, null, "it is gone");
            var drive = new DriveInfo(path);
            return new Answer(drive.AvailableFreeSpace, drive.TotalSize, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new Answer(null, null, e.Message);
        }
    }

    private sealed record Answer(long? Free, long? Total, string? Error);
}
