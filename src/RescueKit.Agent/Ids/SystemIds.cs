using System.Text;
using RescueKit.Model;

namespace RescueKit.Agent.Ids;

/// <summary>Has a Linux system find its own disk again: what names ids in its configuration, its initramfs, and its boot loader.</summary>
/// <param name="system">With its file systems mounted.</param>
/// <param name="disk">The disk that it starts from, as a device.</param>
internal sealed class SystemIds(MountedSystem system, IdWords words, string disk)
{
    /// <summary>Configuration is smaller; an initramfs is not.</summary>
    private const int MostText = 1 << 20;
    private const int BootSector = 440;
    private const int ScanWindow = 1 << 20, ScanOverlap = 256;
    private static readonly TimeSpan s_limit = TimeSpan.FromHours(2);

    /// <summary>What makes an initramfs, by distribution; the first that the system has.</summary>
    private static readonly (string Program, string[] Arguments)[] s_initramfsTools =
    [
        ("update-initramfs", ["-u", "-k", "all"]),
        ("dracut", ["--regenerate-all", "--force"]),
        ("mkinitcpio", ["-P"]),
    ];

    private readonly List<string> _complaints = [];

    /// <returns>What could not be done, a sentence each.</returns>
    public IReadOnlyList<string> Adapt(Action<string> tell, CancellationToken cancel)
    {
        tell("writing the new ids into the configuration");
        foreach (var folder in Folders("/etc", "/boot", "/efi"))
            foreach (var file in Files(folder, "*")) Guard($"{Within(file)} still names the old ids", () => Rewrite(file));
        cancel.ThrowIfCancellationRequested();
        tell("making the initramfs anew");
        Guard("its initramfs still names the old ids", () =>
        {
            system.PrepareForPrograms();
            MakeInitramfs(cancel);
        });
        cancel.ThrowIfCancellationRequested();
        tell("installing the boot loader anew");
        Guard("its boot loader may still look for the old ids", InstallGrub);
        _complaints.AddRange(Folders("/boot/efi", "/efi", "/boot").SelectMany(Leftover).Distinct().Select(file => $"{Within(file)} still names the old ids"));
        return _complaints;
    }

    private void Rewrite(string file)
    {
        if (new FileInfo(file).Length is 0 or > MostText) return; // also what is no regular file
        var changes = words.Changes(File.ReadAllBytes(file));
        if (changes.Count == 0 || IsProgram(file)) return;
        // In place, so that owner, mode and attributes stay what they are.
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Write);
        foreach (var (offset, bytes) in changes) RandomAccess.Write(handle, bytes, offset);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>It may be signed.</summary>
    private static bool IsProgram(string file) => file.EndsWith(".efi", StringComparison.OrdinalIgnoreCase);

    private void MakeInitramfs(CancellationToken cancel)
    {
        foreach (var (program, arguments) in s_initramfsTools)
        {
            if (system.Program(program) is not { } path) continue;
            Must(path, arguments, cancel);
            return;
        }
        throw new DeviceException("no program that makes one is known");
    }

    /// <summary>GRUB's image in front of the partitions is packed, so that nobody sees which ids it names; those in an EFI system partition are looked into.</summary>
    private void InstallGrub()
    {
        if ((system.Program("grub-install") ?? system.Program("grub2-install")) is not { } program) return;
        foreach (var folder in Folders("/boot/grub", "/boot/grub2"))
        {
            if (Directory.Exists(Path.Combine(folder, "i386-pc")) && StartsByGrub()) Must(program, ["--target=i386-pc", disk]);
            foreach (var (esp, point) in Folders("/boot/efi", "/efi").Where(esp => Leftover(esp).Any()).Select(esp => (esp, Within(esp))))
            {
                foreach (var target in Directory.EnumerateDirectories(folder, "*-efi").Select(found => Path.GetFileName(found)!))
                {
                    var isDebian = system.Program("dpkg") is not null && Directory.Exists(Path.Combine(esp, "EFI", "BOOT"));
                    Must(program, [$"--target={target}", $"--efi-directory={point}", "--no-nvram", .. isDebian ? (string[])["--force-extra-removable"] : []]);
                }
            }
        }
    }

    private bool StartsByGrub()
    {
        var sector = new byte[BootSector];
        using var handle = File.OpenHandle(disk, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return RandomAccess.Read(handle, sector, 0) == sector.Length && sector.AsSpan().IndexOf("GRUB "u8) >= 0;
    }

    /// <summary>Programs for EFI that name an old id.</summary>
    private IEnumerable<string> Leftover(string folder) => Files(folder, "*.efi").Where(NamesOldIds);

    private bool NamesOldIds(string file)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var buffer = new byte[ScanWindow];
        for (var offset = 0L; RandomAccess.Read(handle, buffer, offset) is > 0 and var read; offset += ScanWindow - ScanOverlap)
        {
            var window = buffer.AsSpan(0, read);
            // A kernel's command line within such a program is UTF-16.
            if (words.IsIn(window) || words.IsIn(Encoding.Latin1.GetBytes(Encoding.Unicode.GetString(window))) || words.IsIn(Encoding.Latin1.GetBytes(Encoding.Unicode.GetString(window[1..])))) return true;
            if (read < buffer.Length) break;
        }
        return false;
    }

    /// <summary>Those that there are, where they lie now.</summary>
    private IEnumerable<string> Folders(params string[] paths) => paths.Select(system.Find).OfType<string>().Where(Directory.Exists);

    private static IEnumerable<string> Files(string folder, string pattern) => Directory.EnumerateFiles(folder, pattern, new EnumerationOptions
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,
        MatchCasing = MatchCasing.CaseInsensitive,
        AttributesToSkip = FileAttributes.ReparsePoint,
    });

    private string Within(string path) => path[system.Root.Length..];

    private void Must(string program, string[] arguments, CancellationToken cancel = default)
    {
        var outcome = system.Run(program, arguments, s_limit, cancel);
        if (outcome.ExitCode != 0) throw new DeviceException($"{Path.GetFileName(program)}: {outcome.Complaint}");
    }

    private void Guard(string otherwise, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is DeviceException or IOException or UnauthorizedAccessException)
        {
            _complaints.Add($"{otherwise}: {e.Message}");
        }
    }
}
