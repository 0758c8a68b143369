namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>Where things lie that outlive one test run.</summary>
internal static class GuestPaths
{
    // artifacts/bin/RescueKit.EndToEnd.Tests/release/
    private static readonly DirectoryInfo s_own = new(AppContext.BaseDirectory.TrimEnd('/'));

    public static string Repository => s_own.Parent!.Parent!.Parent!.Parent!.FullName;

    /// <summary>Made anew when it is removed.</summary>
    public static string Cache => Directory.CreateDirectory(Path.Combine(Repository, "artifacts", "guests")).FullName;

    /// <summary>Beside the tests' own binaries.</summary>
    public static string Init => Path.Combine(s_own.FullName, "Guests", "init.sh");
    public static string StampsProgram => Path.Combine(s_own.FullName, "Guests", "stamps.pl");
}
