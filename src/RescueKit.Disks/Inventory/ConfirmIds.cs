using System.Globalization;
using RescueKit.Model;

namespace RescueKit.Disks.Inventory;

/// <summary>
/// What a person types to agree that a disk is overwritten: short enough to type, and never the same for two disks of this machine.
/// </summary>
internal static class ConfirmIds
{
    private const int Shortest = 4;
    private const int Longest = 8;

    /// <param name="disk">The disk itself.</param>
    /// <param name="others">Every other disk that is present.</param>
    public static string Of(BlockNode disk, DiskIdentity identity, IReadOnlyList<(BlockNode Disk, DiskIdentity Identity)> others)
    {
        if (disk.Kind != "disk") return identity.Model ?? disk.Name;
        return Suffix(identity.Serial, others.Select(other => other.Identity.Serial))
            ?? Suffix(identity.Wwn, others.Select(other => other.Identity.Wwn))
            ?? SizeAndPort(disk, identity, others);
    }

    /// <summary>The shortest suffix that no other of the same kind ends with; null where missing, too short or shared.</summary>
    private static string? Suffix(string? text, IEnumerable<string?> others)
    {
        var own = Plain(text);
        var rest = others.Select(Plain).ToList();
        for (var length = Shortest; length <= Math.Min(Longest, own.Length); length++)
        {
            var suffix = own[^length..];
            if (rest.TrueForAll(other => !other.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))) return suffix;
        }
        return null;
    }

    private static string Plain(string? text) => new([.. (text ?? "").Where(char.IsAsciiLetterOrDigit)]);

    private static string SizeAndPort(BlockNode disk, DiskIdentity identity, IReadOnlyList<(BlockNode Disk, DiskIdentity Identity)> others)
    {
        var isShared = identity.Port is null || others.Any(other => other.Identity.Port == identity.Port && other.Identity.Bus == identity.Bus);
        return $"{Size(disk.Length)}-{(isShared ? disk.Name : identity.Port)}";
    }

    /// <summary>As it is printed on disks: powers of ten, whole numbers.</summary>
    private static string Size(long bytes)
    {
        const long Giga = 1_000_000_000;
        const long Mega = 1_000_000;
        return string.Create(CultureInfo.InvariantCulture, $"{(bytes >= Giga ? bytes / Giga : bytes / Mega)}{(bytes >= Giga ? "GB" : "MB")}");
    }
}
