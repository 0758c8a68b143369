using System.Text.RegularExpressions;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>The main job with nobody there: a stick that backs a machine up, and one that brings it back.</summary>
[Collection(MediaTests.Name)]
public sealed partial class UnattendedStickTests(MediaImage media) : IDisposable
{
    private const string Login = "web1 login:";
    private const string ReceiptOfBackup = "web1.rki.receipt.json";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// The stick's boot menu says what is backed up, the kernel command line what is restored. scripts/demo does the same and
    /// holds every file against its digest.
    /// </summary>
    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_disk_is_backed_up_onto_the_stick_and_restored_onto_a_larger_one_that_starts()
    {
        var source = _folder.File("source");
        Tool.Must(new ToolRequest(Path.Combine(GuestPaths.Repository, "scripts", "debian-disk"), ["bios", source]) { Limit = TimeSpan.FromMinutes(30) });
        var before = MatrixDisk.Digest(source);
        var stick = WriteStick("image create /dev/vda LABEL=RESCUEKIT-DATA:/web1.rki", "power-off");
        using (var machine = new MediaMachine(MediaFirmware.Bios, [.. MediaMachine.Stick(stick, isWritable: true), .. Disk(source)]))
        {
            machine.WaitFor("exit code 0: switching off");
            machine.WaitForEnd();
            MustHaveShown(machine, "Plan: backup", "reading: ", "Backup: complete", "/web1.rki.receipt.json");
        }
        Assert.Equal(before, MatrixDisk.Digest(source));

        var target = SparseFile.Create(_folder.File("target"), 3L << 30);
        var kernel = Path.Combine(media.NetworkFolder, "rescuekit");
        string[] boot =
        [
            "-kernel", Path.Combine(kernel, "vmlinuz"), "-initrd", Path.Combine(kernel, "initrd"), "-append",
            $"{GuestKernelWords.Emulated} quiet rescuekit.stick={DiskId(stick)} rescuekit.then=restart "
            + "rescuekit.run=\"image restore LABEL=RESCUEKIT-DATA:/web1.rki /dev/vda --verify --confirm 0001\"",
        ];
        using (var machine = new MediaMachine(MediaFirmware.Bios, [.. boot, .. MediaMachine.Stick(stick, isWritable: true), .. Disk(target)]))
        {
            machine.WaitFor("exit code 0: restarting");
            machine.WaitForEnd(); // a machine that restarts ends here
            MustHaveShown(machine, "Plan: restore", "onto  /dev/vda", "writing: ", "Restore: complete", "/receipts/web1-");
        }
        MustHoldReceipts(stick);

        using var restored = new MediaMachine(MediaFirmware.Bios, Disk(target));
        restored.WaitFor(Login);
    }

    private static IEnumerable<string> Disk(string file) => MediaMachine.Disk("disk", file, "virtio-blk-pci", "serial=WEB-0001");

    private static void MustHaveShown(MediaMachine machine, params string[] texts) => Assert.All(texts, text => Assert.Contains(text, machine.Said, StringComparison.Ordinal));

    private string WriteStick(string run, string then)
    {
        var stick = _folder.File("stick");
        var iso = media.Build("unattended.iso", "--run", run, "--then", then);
        MediaImage.Rescuekit("media", "write", iso, stick, "--size", "1500M");
        return stick;
    }

    private static string DiskId(string disk) => DiskIdentifier().Match(Tool.Must("sgdisk", "--print", disk).Output).Groups[1].Value;

    /// <summary>What a person finds on the stick afterwards: the image with its receipt, the restore's receipt, and the logs of both.</summary>
    private void MustHoldReceipts(string stick)
    {
        var start = DataPartition().Match(Tool.Must("sgdisk", "--print", stick).Output).Groups[1].Value;
        var partition = _folder.File("partition");
        Tool.Must("dd", $"if={stick}", $"of={partition}", "bs=512", $"skip={start}", "conv=sparse", "status=none");
        using var mounted = new MatrixMount(partition, _folder.Folder("data"), ["mount.exfat-fuse", "-o", "ro"]);
        var folder = mounted.Folder;
        Assert.Contains("\"verdict\": \"complete\"", File.ReadAllText(Path.Combine(folder, ReceiptOfBackup)), StringComparison.Ordinal);
        Assert.Contains("\"verdict\": \"complete\"", File.ReadAllText(Assert.Single(Directory.GetFiles(Path.Combine(folder, "receipts")))), StringComparison.Ordinal);
        var logs = Directory.GetFiles(Path.Combine(folder, "logs"), "unattended", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();
        Assert.Contains(logs, log => log.Contains("exit code 0: switching off", StringComparison.Ordinal));
        Assert.Contains(logs, log => log.Contains("exit code 0: restarting", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"Disk identifier \(GUID\): (\S+)")]
    private static partial Regex DiskIdentifier();

    [GeneratedRegex(@"^ +\d+ +(\d+) .*RESCUEKIT-DATA$", RegexOptions.Multiline)]
    private static partial Regex DataPartition();
}
