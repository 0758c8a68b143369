using RescueKit.Agent.Files;
using RescueKit.Agent.Jobs;
using RescueKit.Cli.Errors;
using RescueKit.Cli.Json;
using RescueKit.Cli.Tests.Fakes;
using RescueKit.Engine.Inspection;
using RescueKit.Model;

namespace RescueKit.Cli.Tests.Json;

/// <summary>
/// What --json prints is a promise (JSON.md): names, order of nesting, units and nulls are frozen here. A field may be added; none may go,
/// be renamed or change its meaning.
/// </summary>
public class GoldenTests
{
    [Fact]
    public void Disk_list() => Check("disk-list", to => JsonOutput.Write(to, new DiskListDocument([Samples.Disk])));

    [Fact]
    public void Disk_show() => Check("disk-show", to => JsonOutput.Write(to, Samples.Disk));

    [Fact]
    public void A_disk_that_could_not_be_opened() => Check("disk-unreadable", to => JsonOutput.Write(to, new DiskDocument
    {
        Path = "/dev/sdc",
        Kind = "disk",
        Length = 1000,
        ConfirmId = "1000-usb1",
        LogicalSectorSize = 512,
        PhysicalSectorSize = 512,
        Uses = [],
        Partitions = [],
        Warnings = [],
        Error = "/dev/sdc: permission denied",
    }));

    [Fact]
    public void Image_info() => Check("image-info", to => JsonOutput.Write(to, Samples.Image));

    [Fact]
    public void Image_serve() => Check("image-serve", to => JsonOutput.Write(to, new ServeDocument("nbd+unix:///?socket=/run/web1.nbd", "web1.rki", 2, 1 << 30, false,
        "changes", ["Part 3 is missing: what lies there cannot be read."])));

    [Fact]
    public void Image_export() => Check("image-export", to => JsonOutput.Write(to, new ExportDocument("web1.rki", "/srv/web1.qcow2", "qcow2", 1 << 30, 1 << 20, true, false)));

    [Fact]
    public void Image_ls() => Check("image-ls", to => JsonOutput.Write(to, new FileListDocument(
    [
        new ListedFile("bin", "link", 7, "0777", 0, 0, new DateTimeOffset(2026, 11, 1, 2, 3, 4, TimeSpan.Zero), "usr/bin"),
        new ListedFile("letter", "file", 1234, "0640", 1000, 100, new DateTimeOffset(2026, 11, 1, 2, 3, 4, 500, TimeSpan.Zero), null),
    ])));

    [Fact]
    public void An_encrypted_image_without_its_passphrase() => Check("image-info-encrypted", to => JsonOutput.Write(to, new ImageDocument
    {
        Path = "secret.rki",
        ImageId = Samples.Image.ImageId,
        Complete = true,
        Encrypted = true,
        Opened = false,
        Parts = [new PartDocument("secret.rki", 1000)],
        MissingParts = [],
        StoredBytes = 1000,
        Partitions = [],
        Warnings = [],
        Repairs = [],
    }));

    [Fact]
    public void Plan() => Check("plan", to => JsonOutput.Write(to, Samples.Plan));

    [Fact]
    public void Receipt() => Check("receipt", to => JsonOutput.Write(to, Samples.Receipt));

    [Fact]
    public void Snapshot_create() => Check("snapshot-create", to => JsonOutput.Write(to, Samples.Snapshot));

    [Fact]
    public void Snapshot_list() => Check("snapshot-list", to => JsonOutput.Write(to, new SnapshotListDocument([Samples.Snapshot with { Warnings = [] }, Samples.LostSnapshot])));

    [Fact]
    public void Containers() => Check("containers", to => JsonOutput.Write(to, new ContainerListDocument([Samples.Group, Samples.Encryption])));

    [Fact]
    public void Agent_status() => Check("agent-status", to => JsonOutput.Write(to, Samples.Agent));

    [Fact]
    public void Agent_backup() => Check("agent-backup", to => JsonOutput.Write(to, Samples.Agent.Jobs[0].Last!));

    [Fact]
    public void Agent_check_config() => Check("agent-check-config", to => JsonOutput.Write(to, new ConfigDocument("/etc/rescuekit/agent.json", false,
        [new ConfigProblem(7, "'levle' is no member of a job"), new ConfigProblem(null, "it cannot be read")],
        [new ConfigJobDocument("system", 3, "/dev/sda", "/backup", "Mon..Fri 02:30", [Samples.At, Samples.At.AddDays(1), Samples.At.AddDays(2)])])));

    [Fact]
    public void Error() => Check("error", to => JsonOutput.Write(to, ErrorInfo.Of(new BlockReadException("/dev/sda: cannot be read", new Extent(4096, 512), "take --on-bad-sector skip"))));

    private static void Check(string name, Action<TextWriter> write)
    {
        var printed = new StringWriter { NewLine = "\n" };
        write(printed);
        var golden = Path.Combine(AppContext.BaseDirectory, "Golden", $"{name}.json");
        Assert.True(File.Exists(golden), $"{golden} is missing; it should hold:\n{printed}");
        Assert.Equal(File.ReadAllText(golden), printed.ToString());
    }
}
