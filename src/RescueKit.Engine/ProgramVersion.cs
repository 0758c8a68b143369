using System.Reflection;

namespace RescueKit.Engine;

/// <summary>The version of RescueKit, as receipts, hosts and media bear it.</summary>
public static class ProgramVersion
{
    /// <summary>"0.1.0".</summary>
    public static string Number { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
}
