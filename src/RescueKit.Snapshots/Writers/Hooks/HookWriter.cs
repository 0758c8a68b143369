using RescueKit.Snapshots.Interop;
using RescueKit.Snapshots.Writers.Processes;

namespace RescueKit.Snapshots.Writers.Hooks;

/// <summary>
/// Any application, by an executable of its owner's that is called with "prepare", "freeze", "thaw" or "complete". Exit code 0 is success. It
/// finds in its environment RESCUEKIT_WRITER (the name), RESCUEKIT_STEP, RESCUEKIT_VOLUMES and RESCUEKIT_MOUNT_POINTS (a line each); at
/// "thaw" RESCUEKIT_OUTCOME ("taken", "not-taken"), at "complete" RESCUEKIT_OUTCOME ("success", "failure") and RESCUEKIT_SNAPSHOT.
/// "thaw" comes after each "freeze", also one that failed, and also where this process dies meanwhile.
/// </summary>
public sealed class HookWriter(string name, HookOptions options) : IWriter
{
    private readonly Dictionary<string, BoundedText> _said = [];
    private readonly Lock _lock = new();
    private WriterContext _context = new([], []);
    private HookStep? _running;
    private ThawGuard? _guard;

    public string Name => name;
    public string Type => "hook";
    public string? Marker => null;

    public string? Said
    {
        get
        {
            lock (_lock) return string.Join('\n', _said.Where(step => step.Value.ToString().Length > 0).Select(step => $"{step.Key}: {step.Value}")) is { Length: > 0 } all ? all : null;
        }
    }

    public WriterPlaces Look(TimeSpan deadline)
    {
        if (!File.Exists(options.Command)) throw new WriterException($"cannot be called: there is no {options.Command}");
        // A folder that does not exist yet is where its files would be.
        return new WriterPlaces([.. options.Covers.Select(path => new WriterFolder(RealPath.Of(path) ?? path, "files"))], options.Covers.Count == 0);
    }

    public void Prepare(WriterContext context, TimeSpan deadline)
    {
        _context = context;
        Run("prepare", deadline);
    }

    public void Freeze(TimeSpan deadline)
    {
        _guard = new ThawGuard(Command("thaw", ("RESCUEKIT_OUTCOME", "not-taken")));
        Run("freeze", deadline);
    }

    public void Thaw(bool isTaken, TimeSpan deadline)
    {
        if (_guard is not { } guard) return;
        _guard = null;
        try
        {
            Run("thaw", deadline, ("RESCUEKIT_OUTCOME", isTaken ? "taken" : "not-taken"));
        }
        finally
        {
            guard.Dispose();
        }
    }

    public void Complete(WriterEnding ending, TimeSpan deadline) =>
        Run("complete", deadline, ("RESCUEKIT_OUTCOME", ending.IsSuccess ? "success" : "failure"), ("RESCUEKIT_SNAPSHOT", ending.Snapshot ?? ""));

    public void Abandon()
    {
        lock (_lock) _running?.EndAtOnce();
    }

    /// <exception cref="WriterException">It was still frozen, and did not thaw.</exception>
    public void Dispose() => Thaw(false, TimeSpan.FromSeconds(10));

    private void Run(string step, TimeSpan deadline, params (string Name, string Value)[] environment)
    {
        var said = new BoundedText();
        using var run = new HookStep(step, Command(step, environment), said);
        lock (_lock)
        {
            _said[step] = said;
            _running = run;
        }
        try
        {
            run.Run(deadline);
        }
        finally
        {
            lock (_lock) _running = null;
        }
    }

    private ChildCommand Command(string step, params (string Name, string Value)[] more)
    {
        var environment = new Dictionary<string, string>
        {
            ["RESCUEKIT_WRITER"] = name,
            ["RESCUEKIT_STEP"] = step,
            ["RESCUEKIT_VOLUMES"] = string.Join('\n', _context.Volumes),
            ["RESCUEKIT_MOUNT_POINTS"] = string.Join('\n', _context.MountPoints),
        };
        foreach (var (key, value) in more) environment[key] = value;
        var user = options.User is not { } wanted ? null : Accounts.Named(wanted) ?? throw new WriterException($"is to run as {wanted}, and this system has no such user");
        return new ChildCommand(options.Command, [step], user) { Environment = environment };
    }
}
