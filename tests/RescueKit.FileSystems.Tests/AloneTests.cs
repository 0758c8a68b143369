namespace RescueKit.FileSystems.Tests;

/// <summary>For tests that run alone in the process: what the garbage collector counts is the whole process's.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneTests
{
    public const string Name = "alone";
}
