namespace RescueKit.Media.Build;

/// <summary>What `rescuekit media build` is asked for.</summary>
/// <param name="Output">The ISO file, replaced where it exists.</param>
public sealed record MediaBuildRequest(string Output)
{
    /// <summary>The published executable; null for the one that runs.</summary>
    public string? Binary { get; init; }

    /// <summary>The kernel that runs now instead of Debian's.</summary>
    public bool HostKernel { get; init; }

    /// <summary>A folder of firmware files for devices that need them, copied to /lib/firmware; null for none.</summary>
    public string? Firmware { get; init; }

    /// <summary>A command line that the media run by themselves; null for none.</summary>
    public string? Run { get; init; }

    /// <summary>What happens after <see cref="Run"/>: "stay", "restart" or "power-off".</summary>
    public string Then { get; init; } = "stay";

    /// <summary>The keyboard layout, where none is chosen at boot.</summary>
    public string Keyboard { get; init; } = "us";

    /// <summary>Where downloaded packages are kept; null for the user's cache folder.</summary>
    public string? Cache { get; init; }
}

/// <summary>What was built.</summary>
/// <param name="Kernel">Its version.</param>
/// <param name="Packages">How many of Debian's packages are in it.</param>
/// <param name="SystemBytes">The compressed system, which stays in memory.</param>
public sealed record MediaBuilt(string Path, long Bytes, string Sha256, string Kernel, int Packages, int Modules, long SystemBytes);
