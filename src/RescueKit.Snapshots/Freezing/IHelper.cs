using RescueKit.Model;

namespace RescueKit.Snapshots.Freezing;

/// <summary>A helper as the program that started it sees it.</summary>
internal interface IHelper : IDisposable
{
    /// <summary>Never throws: that it is gone is seen when its answer is waited for.</summary>
    void Say(string line);

    /// <summary>The next line; null where it ends, or says nothing for too long.</summary>
    string? Hear(TimeSpan patience);

    void Kill();
}

/// <summary>Starts a helper, and returns once it is ready.</summary>
/// <param name="role">Of <see cref="SnapshotHelper"/>.</param>
/// <exception cref="SnapshotException">It did not become ready.</exception>
internal delegate IHelper HelperStart(string role, string script, TimeSpan patience);
