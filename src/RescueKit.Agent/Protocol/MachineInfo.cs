namespace RescueKit.Agent.Protocol;

/// <summary>The machine and the system that the host runs in.</summary>
public sealed record MachineInfo
{
    /// <summary>The version of RescueKit.</summary>
    public required string Version { get; init; }
    public required string HostName { get; init; }

    /// <summary>"UEFI" or "BIOS".</summary>
    public required string Firmware { get; init; }

    /// <summary>Null where the firmware does not tell.</summary>
    public bool? SecureBoot { get; init; }

    /// <summary>True in the rescue environment, where power, keyboard, network and places are the UI's to change.</summary>
    public bool IsRescueEnvironment { get; init; }
    public string? Keyboard { get; init; }

    /// <summary>Device node of the stick that this environment was booted from; null where there is none, or it was pulled.</summary>
    public string? StickDisk { get; init; }

    /// <summary>Sentences for the home screen: an absurd clock, a low battery, devices without their firmware.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>What has come or gone: each mark is another one after a change, and tells nothing else.</summary>
/// <param name="Devices">Of block devices and their sizes.</param>
/// <param name="Places">Of places that are attached or mounted.</param>
public sealed record ChangeMarks(string Devices, string Places);

public enum PowerAction { Restart, PowerOff }

/// <param name="Addresses">With prefix lengths: "192.168.1.7/24".</param>
public sealed record NetworkPort(string Name, string Mac, bool HasCarrier, IReadOnlyList<string> Addresses, string? Driver);

/// <summary>How a wired port gets its address.</summary>
public sealed record NetworkRequest
{
    public required string Port { get; init; }

    /// <summary>Asks a DHCP server; else <see cref="Address"/> is set.</summary>
    public bool Dhcp { get; init; }

    /// <summary>With prefix length: "192.168.1.7/24".</summary>
    public string? Address { get; init; }
    public string? Gateway { get; init; }
    public string? NameServer { get; init; }

    /// <summary>1 to 4094; null for untagged.</summary>
    public int? Vlan { get; init; }
}

public sealed record LogLine(long Number, DateTimeOffset At, string Text);
