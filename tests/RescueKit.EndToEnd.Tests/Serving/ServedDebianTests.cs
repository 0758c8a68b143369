using System.Diagnostics;
using System.Text.Json;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.EndToEnd.Tests.Media;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Serving;

/// <summary>A virtual machine starts from an image, without its being unpacked.</summary>
public sealed class ServedDebianTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Twice: what the first start has written is there for the second, and the image is as it was.</summary>
    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_Debian_disk_starts_from_its_image_to_a_login_and_writes_beside_it()
    {
        var (disk, image) = (_folder.File("disk"), _folder.File("web1.rki"));
        Tool.Must(new ToolRequest(Path.Combine(GuestPaths.Repository, "scripts", "debian-disk"), ["bios", disk]) { Limit = TimeSpan.FromMinutes(30) });
        MediaImage.Rescuekit("image", "create", disk, image);
        File.Delete(disk);
        var before = MatrixDisk.Digest(image);
        for (var time = 0; time < 2; time++)
        {
            using var served = Serve(image, out var uri);
            using (var machine = new MediaMachine(MediaFirmware.Bios, MediaMachine.Disk("disk", uri, "virtio-blk-pci")))
                machine.WaitFor("web1 login:");
            Tool.Must("kill", "-s", "INT", $"{served.Id}");
            Assert.True(served.WaitForExit(TimeSpan.FromMinutes(2)));
            Assert.Equal(0, served.ExitCode);
        }
        Assert.Equal(before, MatrixDisk.Digest(image));
    }

    private Process Serve(string image, out string uri)
    {
        var start = new ProcessStartInfo(Path.Combine(GuestPaths.Repository, "scripts", "rescuekit"),
            ["image", "serve", image, "--socket", _folder.File("nbd"), "--overlay", _folder.File("changes"), "--json"])
        { RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        var said = "";
        while (process.StandardOutput.ReadLine() is { } line)
        {
            said += line;
            if (line == "}") break;
        }
        using var document = JsonDocument.Parse(said);
        uri = document.RootElement.GetProperty("uri").GetString()!;
        return process;
    }
}
