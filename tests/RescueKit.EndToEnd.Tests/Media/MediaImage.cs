using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>The rescue media that all tests of the collection boot, built by the published executable when the first of them wants it.</summary>
public sealed class MediaImage : IDisposable
{
    /// <summary>What the media are built with as firmware of a device.</summary>
    internal const string FirmwareFile = "rescuekit-test/device.bin";
    internal const string FirmwareText = "firmware of a device that nobody has";

    private readonly TempFolder _folder = new();
    private readonly Lazy<string> _iso;
    private readonly Lazy<string> _netboot;

    public MediaImage()
    {
        _iso = new Lazy<string>(() => Build("rescuekit.iso"));
        _netboot = new Lazy<string>(() =>
        {
            Rescuekit("media", "write", Iso, "--pxe", _folder.File("netboot"));
            return _folder.File("netboot");
        });
    }

    public string Iso => _iso.Value;

    /// <summary>A TFTP server's folder, with the kernel and the initrd of the ISO below rescuekit/.</summary>
    public string NetworkFolder => _netboot.Value;

    /// <summary>Packages that were downloaded once are kept for later runs.</summary>
    public static string Cache => Directory.CreateDirectory(Path.Combine(GuestPaths.Repository, "artifacts", "media")).FullName;

    public string Build(string name, params string[] options)
    {
        var (iso, firmware) = (_folder.File(name), _folder.File("firmware"));
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(firmware, FirmwareFile))!);
        File.WriteAllText(Path.Combine(firmware, FirmwareFile), FirmwareText);
        Rescuekit(["media", "build", iso, "--cache", Cache, "--firmware", firmware, .. options]);
        return iso;
    }

    public static string Rescuekit(params string[] arguments) => Tool.Must(new ToolRequest(Path.Combine(GuestPaths.Repository, "scripts", "rescuekit"), arguments)
    {
        // Debian's kernel alone takes minutes to unpack and compress on a busy machine.
        Limit = TimeSpan.FromMinutes(30),
    }).Output;

    public void Dispose() => _folder.Dispose();
}

[CollectionDefinition(Name)]
public sealed class MediaTests : ICollectionFixture<MediaImage>
{
    public const string Name = "media";
}
