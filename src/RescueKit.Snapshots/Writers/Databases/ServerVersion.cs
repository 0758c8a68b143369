using System.Globalization;

namespace RescueKit.Snapshots.Writers.Databases;

/// <summary>What the variable "version" of a MariaDB or MySQL server tells: "10.11.6-MariaDB-0+deb12u1-log", "8.4.3".</summary>
internal readonly record struct ServerVersion(bool IsMariaDb, int Major, int Minor)
{
    /// <summary>BACKUP STAGE came with MariaDB 10.4.1; MySQL has none.</summary>
    public bool HasBackupStages => IsMariaDb && IsAtLeast(10, 4);

    /// <summary>MySQL 8.2 brought it, and 8.4 took SHOW MASTER STATUS away.</summary>
    public bool HasBinaryLogStatus => !IsMariaDb && IsAtLeast(8, 2);

    public static ServerVersion Parse(string text)
    {
        var numbers = text.Split('.', '-');
        return new ServerVersion(text.Contains("mariadb", StringComparison.OrdinalIgnoreCase), Number(numbers.ElementAtOrDefault(0)), Number(numbers.ElementAtOrDefault(1)));
    }

    private static int Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private bool IsAtLeast(int major, int minor) => Major > major || (Major == major && Minor >= minor);
}
