using RescueKit.EndToEnd.Tests.Consoles;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>
/// The main job as a person does it: a real Debian disk is backed up onto the stick and restored onto a larger blank disk by key strokes on a
/// serial console, and the restored disk starts on its own.
/// </summary>
[Collection(MediaTests.Name)]
public sealed class MainJobTests(MediaImage media) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_Debian_disk_is_backed_up_and_restored_by_key_strokes_and_starts_to_a_login()
    {
        var (stick, source, target) = (_folder.File("stick"), _folder.File("source"), _folder.File("target"));
        MediaImage.Rescuekit("media", "write", media.Iso, stick, "--size", "2G");
        Tool.Must(new ToolRequest(Path.Combine(GuestPaths.Repository, "scripts", "debian-disk"), ["bios", source]) { Limit = TimeSpan.FromMinutes(30) });
        SparseFile.Create(target, 3L << 30);
        var before = Tool.Must("sha256sum", source).Output;

        using (var screen = Boot(stick, source, target))
        {
            screen.WaitFor("Back up a disk");
            screen.Choose("Back up a disk");
            screen.Press("Enter");
            screen.WaitFor("/dev/vdb");
            screen.Choose("/dev/vda");
            screen.Press("Enter");
            screen.WaitFor("where to?");
            screen.Choose("this stick");
            screen.Press("Enter");
            screen.WaitFor("under which name?");
            screen.Press("Enter");
            screen.WaitFor("Verify afterwards");
            screen.Press("Enter");
            screen.WaitFor("Enter start");
            screen.Press("Enter");
            Assert.Contains("COMPLETE", screen.WaitFor("Backup finished"), StringComparison.Ordinal);

            screen.Press("Escape");
            screen.WaitFor("Restore a disk");
            screen.Choose("Restore a disk");
            screen.Press("Enter");
            screen.WaitFor(".rki");
            screen.Press("Enter");
            screen.WaitFor("is it this one?");
            screen.Press("Enter");
            screen.WaitFor("onto which disk?");
            screen.Choose("/dev/vdb");
            screen.Press("Enter");
            screen.WaitFor("Read back");
            screen.Press("Enter");
            screen.WaitFor("type the id");
            screen.Type("wrong");
            screen.Press("Enter");
            Assert.DoesNotContain("Restoring", screen.WaitFor("wrong"), StringComparison.Ordinal);
            for (var i = 0; i < "wrong".Length; i++) screen.Press("BSpace");
            screen.Type("0002");
            screen.Press("Enter");
            Assert.Contains("COMPLETE", screen.WaitFor("Restore finished"), StringComparison.Ordinal);
            screen.WaitFor("this machine would start it");

            screen.Press("Escape");
            screen.WaitFor("Restore a disk");
            screen.Press("q");
            screen.WaitFor("Power off");
            screen.Choose("Power off");
            screen.Press("Enter");
            screen.WaitForEnd();
        }

        Assert.Equal(before, Tool.Must("sha256sum", source).Output);
        using var restored = new MediaMachine(MediaFirmware.Bios,
            "-drive", $"if=none,id=disk,format=raw,file={target}", "-device", "virtio-blk-pci,drive=disk,bootindex=1");
        restored.WaitFor("web1 login:");
    }

    private TmuxScreen Boot(string stick, string source, string target) => new(
    [
        Tool.Find("qemu-system-x86_64"),
        .. MediaMachine.Options(MediaFirmware.Bios, _folder,
        [
            .. MediaMachine.Stick(stick, isWritable: true),
            "-drive", $"if=none,id=source,format=raw,file={source}", "-device", "virtio-blk-pci,drive=source,serial=SRC0001",
            "-drive", $"if=none,id=target,format=raw,file={target}", "-device", "virtio-blk-pci,drive=target,serial=DST0002",
        ]),
    ]);
}
