namespace RescueKit.Testing.Tools;

public enum AgingAction
{
    Delete,
    Create,
    Append,
    Truncate,

    /// <summary>Frees a piece in the middle of a file; only where <see cref="Ager.Plan"/> is told that it can be done.</summary>
    Punch,
}

/// <summary>One change to a tree. Content comes from <see cref="Content"/>, so that a plan takes no memory for it.</summary>
/// <param name="Size">Bytes to create, append or punch, or the length to truncate to.</param>
public sealed record AgingStep(AgingAction Action, string Path, int Size, int Seed)
{
    public byte[] Content() => Corpus.Content(new Random(Seed), Size);
}

/// <summary>Ages a file system by random deletes, appends, truncates and new files, so that its free space is fragmented.</summary>
public static class Ager
{
    /// <summary>For a file system of the kernel's own, mounted.</summary>
    public static IReadOnlySet<AgingAction> Everything { get; } = new HashSet<AgingAction>(Enum.GetValues<AgingAction>());

    /// <summary>
    /// Which changes, in order: pure, so that each file system can be aged with its own tool (debugfs, mtools, a mount). Paths are
    /// relative. A deleted file is never touched again; hard-linked files should not be among <paramref name="files"/>.
    /// </summary>
    /// <param name="allow">Which actions the tool at hand can do; null for all but <see cref="AgingAction.Punch"/>. <see cref="AgingAction.Delete"/> is always allowed.</param>
    public static IReadOnlyList<AgingStep> Plan(IReadOnlyList<string> files, int seed, int steps, IReadOnlySet<AgingAction>? allow = null, int largest = 200_000)
    {
        var random = new Random(seed);
        var alive = files.ToList();
        var plan = new List<AgingStep>();
        for (var i = 0; i < steps; i++)
        {
            var action = (AgingAction)random.Next(allow?.Contains(AgingAction.Punch) == true ? 5 : 4);
            if (allow is not null && !allow.Contains(action)) action = random.Next(2) == 0 && allow.Contains(AgingAction.Create) ? AgingAction.Create : AgingAction.Delete;
            if (alive.Count < 4) action = AgingAction.Create;
            if (action == AgingAction.Create && allow is not null && !allow.Contains(AgingAction.Create)) break;
            if (action == AgingAction.Create) alive.Add($"aged{i}.bin");
            var index = action == AgingAction.Create ? alive.Count - 1 : random.Next(alive.Count);
            plan.Add(new AgingStep(action, alive[index], (int)Math.Exp(random.NextDouble() * Math.Log(largest)), random.Next()));
            if (action == AgingAction.Delete) alive.RemoveAt(index);
        }
        return plan;
    }

    /// <summary>Carries one step out on a mounted file system (or any folder).</summary>
    public static void Apply(AgingStep step, string folder)
    {
        var path = Path.Combine(folder, step.Path);
        switch (step.Action)
        {
            case AgingAction.Delete:
                File.Delete(path);
                break;
            case AgingAction.Create:
                File.WriteAllBytes(path, step.Content());
                break;
            case AgingAction.Append:
                using (var file = new FileStream(path, FileMode.Append)) file.Write(step.Content());
                break;
            case AgingAction.Truncate:
                using (var file = new FileStream(path, FileMode.Open)) file.SetLength(Math.Min(file.Length, step.Size));
                break;
            case AgingAction.Punch:
                var offset = new Random(step.Seed).NextInt64(1 + new FileInfo(path).Length);
                Tool.Must("fallocate", "--punch-hole", "--offset", $"{offset}", "--length", $"{Math.Max(1, step.Size)}", path);
                break;
            default:
                throw new InvalidOperationException($"unknown step {step}");
        }
    }
}
