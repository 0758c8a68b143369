using System.Text;
using RescueKit.Disks;

namespace RescueKit.Agent.Ids;

/// <summary>Files of a disk that may name ids. Anybody may have made them: only regular ones are opened, as others never end, or wait for good.</summary>
internal sealed class IdFiles(IdWords words)
{
    /// <summary>Configuration is smaller; an initramfs is not.</summary>
    private const int MostText = 1 << 20;

    /// <summary>Firmware would not load a larger program; a file with holes may have any length.</summary>
    private const long MostProgram = 1 << 30;

    private const int ScanWindow = 1 << 20, ScanOverlap = 256;

    public IdWords Words { get; } = words;

    /// <summary>The lines of a file of configuration; null where it is none.</summary>
    public static IReadOnlyList<string>? Lines(string file) => IsFile(file, MostText) ? File.ReadAllLines(file) : null;

    /// <summary>All of that kind below a folder; links are not followed.</summary>
    public static IEnumerable<string> Below(string folder, string pattern = "*") => Directory.EnumerateFiles(folder, pattern, new EnumerationOptions
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,
        MatchCasing = MatchCasing.CaseInsensitive,
        AttributesToSkip = FileAttributes.ReparsePoint,
    });

    /// <summary>Writes the new ids over the old ones, where it is text.</summary>
    public void Rewrite(string file)
    {
        if (!IsFile(file, MostText)) return;
        var changes = Words.Changes(File.ReadAllBytes(file));
        if (changes.Count == 0 || IsProgram(file)) return;
        // In place, so that owner, mode and attributes stay what they are.
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Write);
        foreach (var (offset, bytes) in changes) RandomAccess.Write(handle, bytes, offset);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>Programs for EFI that name an old id.</summary>
    public IEnumerable<string> Leftover(string folder) => Below(folder, "*.efi").Where(NamesOldIds);

    private static bool IsFile(string file, long most) => DiskInventory.IsRegularFile(file) && new FileInfo(file).Length <= most;

    /// <summary>It may be signed.</summary>
    private static bool IsProgram(string file) => file.EndsWith(".efi", StringComparison.OrdinalIgnoreCase);

    private bool NamesOldIds(string file)
    {
        if (!IsFile(file, MostProgram)) return false;
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var buffer = new byte[ScanWindow];
        for (var offset = 0L; RandomAccess.Read(handle, buffer, offset) is > 0 and var read; offset += ScanWindow - ScanOverlap)
        {
            var window = buffer.AsSpan(0, read);
            // A kernel's command line within such a program is UTF-16.
            if (Words.IsIn(window) || Words.IsIn(Encoding.Latin1.GetBytes(Encoding.Unicode.GetString(window))) || Words.IsIn(Encoding.Latin1.GetBytes(Encoding.Unicode.GetString(window[1..])))) return true;
            if (read < buffer.Length) break;
        }
        return false;
    }
}
