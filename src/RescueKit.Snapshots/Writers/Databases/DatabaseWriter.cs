using RescueKit.Model;
using RescueKit.Snapshots.Interop;
using RescueKit.Snapshots.Writers.Processes;

namespace RescueKit.Snapshots.Writers.Databases;

/// <summary>A database server that is spoken to through its own client, which is connected long before the freeze and stays so.</summary>
public abstract class DatabaseWriter(string name, DatabaseAccess access) : IWriter
{
    private SqlConversation? _conversation;

    public string Name => name;
    public abstract string Type { get; }
    public string? Marker { get; protected set; }
    public string? Said => _conversation?.Said.ToString() is { Length: > 0 } said ? said : null;

    protected DatabaseAccess Access => access;

    public abstract WriterPlaces Look(TimeSpan deadline);

    public abstract void Prepare(WriterContext context, TimeSpan deadline);

    public abstract void Freeze(TimeSpan deadline);

    public abstract void Thaw(bool isTaken, TimeSpan deadline);

    /// <summary>A database has nothing left to do.</summary>
    public void Complete(WriterEnding ending, TimeSpan deadline)
    {
    }

    public void Abandon() => _conversation?.Abandon();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        _conversation?.Dispose();
        _conversation = null;
    }

    private protected abstract ChildCommand Client();

    private protected IReadOnlyList<string> Ask(string statements, TimeSpan deadline) => (_conversation ??= new SqlConversation(Client())).Ask(statements, deadline);

    /// <summary>A server of another mount namespace or machine names folders that are not here.</summary>
    private protected static WriterFolder Folder(string path, string role) => new(
        RealPath.Of(path) ?? throw new WriterException($"has its {role} in {path}, which does not exist here: it runs in a container or on another machine"), role);
}
