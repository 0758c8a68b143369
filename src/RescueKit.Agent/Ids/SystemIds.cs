using RescueKit.Model;

namespace RescueKit.Agent.Ids;

/// <summary>Has a Linux system find its own disk again: what names ids in its configuration, its initramfs, and its boot loader.</summary>
/// <param name="system">With its file systems mounted.</param>
/// <param name="copy">That it starts from.</param>
internal sealed class SystemIds(MountedSystem system, IdFiles files, IdCopy copy)
{
    private const int BootSector = 440;
    private static readonly TimeSpan s_limit = TimeSpan.FromHours(2);

    /// <summary>What makes an initramfs, by distribution; the first that the system has.</summary>
    private static readonly (string Program, string[] Arguments)[] s_initramfsTools =
    [
        ("update-initramfs", ["-u", "-k", "all"]),
        ("dracut", ["--regenerate-all", "--force"]),
        ("mkinitcpio", ["-P"]),
    ];

    private static readonly string[] s_records = ["/etc/lvm/backup/", "/etc/lvm/archive/"];

    private readonly List<string> _complaints = [];

    /// <returns>What could not be done, a sentence each.</returns>
    public IReadOnlyList<string> Adapt(Action<string> tell, CancellationToken cancel)
    {
        tell("writing the new ids into the configuration");
        // Wherever these two are: links lead there, which are not followed else.
        var named = ((string[])["/etc/fstab", "/etc/crypttab"]).Select(system.Find).OfType<string>();
        foreach (var file in named.Concat(Folders("/etc", "/boot", "/efi").SelectMany(folder => IdFiles.Below(folder)).Where(file => !IsRecord(Within(file)))))
            Guard($"{Within(file)} still names the old ids", () => files.Rewrite(file));
        cancel.ThrowIfCancellationRequested();
        tell("making the initramfs anew");
        Guard("its initramfs still names the old ids", () =>
        {
            system.PrepareForPrograms(copy.Devices(), copy.Links);
            MakeInitramfs(cancel);
        });
        cancel.ThrowIfCancellationRequested();
        tell("installing the boot loader anew");
        Guard("its boot loader may still look for the old ids", InstallGrub);
        Guard("its programs for EFI were not looked into", () => _complaints.AddRange(
            Folders("/boot/efi", "/efi", "/boot").SelectMany(files.Leftover).Distinct().Select(file => $"{Within(file)} still names the old ids")));
        return _complaints;
    }

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
            if (Directory.Exists(Path.Combine(folder, "i386-pc")) && StartsByGrub()) Must(program, ["--target=i386-pc", copy.Disk]);
            foreach (var (esp, point) in Folders("/boot/efi", "/efi").Where(esp => files.Leftover(esp).Any()).Select(esp => (esp, Within(esp))))
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
        using var handle = File.OpenHandle(copy.Disk, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return RandomAccess.Read(handle, sector, 0) == sector.Length && sector.AsSpan().IndexOf("GRUB "u8) >= 0;
    }

    /// <summary>Those that there are, where they lie now.</summary>
    private IEnumerable<string> Folders(params string[] paths) => paths.Select(system.Find).OfType<string>().Where(Directory.Exists);

    /// <summary>What LVM has written down of groups as they were (vgcfgrestore(8)).</summary>
    private static bool IsRecord(string file) => s_records.Any(folder => file.StartsWith(folder, StringComparison.Ordinal));

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
        catch (Exception e) when (IdTool.IsTrouble(e))
        {
            _complaints.Add($"{otherwise}: {e.Message}");
        }
    }
}
