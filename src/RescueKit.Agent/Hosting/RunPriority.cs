using RescueKit.Agent.Interop;

namespace RescueKit.Agent.Hosting;

/// <summary>How a run's reads and writes queue behind those of others.</summary>
/// <param name="IsIdle">Only while nobody else wants the disk.</param>
/// <param name="Level">Among all others: 0 is served first, 7 last.</param>
public sealed record IoPriority(bool IsIdle, int Level = 0)
{
    public const int LowestLevel = 7;
}

/// <summary>How far a run stands back behind others; null leaves that as it is.</summary>
/// <param name="Nice">0 to 19, as nice(1) has it.</param>
public sealed record RunPriority(IoPriority? Io, int? Nice)
{
    /// <summary>What is put before a command line to the same effect.</summary>
    public string Prefix => string.Concat(
        Io is null ? "" : Io.IsIdle ? "ionice -c3 " : $"ionice -c2 -n{Io.Level} ",
        Nice is { } nice ? $"nice -n {nice} " : "");

    /// <summary>Sets it for the calling thread and those that it begins from now on; whether the kernel took it.</summary>
    internal bool ApplyToThread() =>
        (Io is null || LibC.SetThreadIoPriority(Io.IsIdle, Io.Level)) & (Nice is null || LibC.SetThreadNice(Nice.Value));
}
