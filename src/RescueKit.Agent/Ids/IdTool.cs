using System.Globalization;
using System.Security.Cryptography;
using RescueKit.Agent.Sizes;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Ids;

/// <summary>A family of file systems and its own tool that changes its id. It is never cut off: some rewrite every checksum for that.</summary>
internal abstract class IdTool(IToolRunner tools)
{
    /// <summary>Programs with the Debian packages that have them.</summary>
    public abstract IReadOnlyList<(string Program, string Package)> Programs { get; }

    /// <summary>Another id of the same form, as blkid prints it.</summary>
    public virtual string Another() => Guid.NewGuid().ToString();

    protected IToolRunner Tools { get; } = tools;

    /// <summary>By the names of <see cref="VolumeContent.Type"/>; null where there is none.</summary>
    public static IdTool? Of(string fileSystem, IToolRunner tools) => fileSystem switch
    {
        "ext2" or "ext3" or "ext4" => new ExtIdTool(tools),
        "XFS" => new XfsIdTool(tools),
        "btrfs" => new BtrfsIdTool(tools),
        "NTFS" => new NtfsIdTool(tools),
        "FAT12" or "FAT16" or "FAT32" => new FatIdTool(tools),
        "exFAT" => new ExFatIdTool(tools),
        "swap" => new SwapIdTool(tools),
        _ => null,
    };

    /// <summary>Gives the file system on a block device another id, and looks whether it has it.</summary>
    /// <exception cref="DeviceException">It has not.</exception>
    public void Change(string device, string id)
    {
        Set(device, id);
        var now = Tools.Must($"looking at {device}", new ToolCall("blkid", "--probe", "--match-tag", "UUID", "--output", "value", device)).Trim();
        if (now != id) throw new DeviceException($"{device} has the id {now}, where {id} was to be set");
    }

    /// <summary>What may come of a device, a mount or a file: it ends what is being done, not all of it.</summary>
    public static bool IsTrouble(Exception e) => e is DeviceException or IOException or UnauthorizedAccessException;

    protected abstract void Set(string device, string id);

    protected void Must(string program, params string[] arguments) =>
        Tools.Must("changing the id", new ToolCall("setsid", ["--wait", program, .. arguments]) { Limit = Timeout.InfiniteTimeSpan });

    /// <summary>A serial number as FAT and exFAT have it.</summary>
    protected static string AnotherSerial()
    {
        var serial = (uint)RandomNumberGenerator.GetInt32(1, int.MaxValue);
        return string.Create(CultureInfo.InvariantCulture, $"{serial >> 16:X4}-{serial & 0xFFFF:X4}");
    }

    protected static string Digits(string serial) => serial.Replace("-", "", StringComparison.Ordinal);
}

/// <summary>tune2fs(8), which wants a file system that was checked since it was mounted.</summary>
internal sealed class ExtIdTool(IToolRunner tools) : IdTool(tools)
{
    /// <summary>e2fsck(8), "EXIT CODE": errors were corrected.</summary>
    private const int Corrected = 1;

    public override IReadOnlyList<(string Program, string Package)> Programs => [("e2fsck", "e2fsprogs"), ("tune2fs", "e2fsprogs")];

    protected override void Set(string device, string id)
    {
        var check = Tools.Run(new ToolCall("setsid", "--wait", "e2fsck", "-f", "-p", device) { Limit = Timeout.InfiniteTimeSpan });
        if (check.ExitCode > Corrected) throw new DeviceException($"checking the file system failed: e2fsck: {check.Complaint}");
        Must("tune2fs", "-U", id, device);
    }
}

/// <summary>xfs_admin(8), which refuses a log that has to be replayed: the kernel does that when it mounts.</summary>
internal sealed class XfsIdTool(IToolRunner tools) : IdTool(tools)
{
    public override IReadOnlyList<(string Program, string Package)> Programs => [("xfs_admin", "xfsprogs")];

    protected override void Set(string device, string id)
    {
        try
        {
            MountedVolume.Xfs(Tools, device).Dispose();
        }
        catch (Exception e) when (IsTrouble(e))
        {
            // Of a kind that this kernel does not mount: if its log is clean, all is well. Nor does the tool touch what is mounted still.
        }
        Must("xfs_admin", "-U", id, device);
    }
}

/// <summary>btrfstune(8): the id that is seen changes, the one in every block stays.</summary>
internal sealed class BtrfsIdTool(IToolRunner tools) : IdTool(tools)
{
    public override IReadOnlyList<(string Program, string Package)> Programs => [("btrfstune", "btrfs-progs")];

    protected override void Set(string device, string id)
    {
        try
        {
            MountedVolume.Btrfs(Tools, device, readOnly: false).Dispose(); // replays its log
        }
        catch (Exception e) when (IsTrouble(e))
        {
            // The original is mounted here; if the copy's log is clean, all is well. Nor does the tool touch what is mounted still.
        }
        Must("btrfstune", "-M", id, device);
    }
}

/// <summary>ntfslabel(8).</summary>
internal sealed class NtfsIdTool(IToolRunner tools) : IdTool(tools)
{
    public override IReadOnlyList<(string Program, string Package)> Programs => [("ntfslabel", "ntfs-3g")];

    public override string Another() => Convert.ToHexString(RandomNumberGenerator.GetBytes(8));

    protected override void Set(string device, string id) => Must("ntfslabel", "--force", $"--new-serial={id}", device);
}

/// <summary>fatlabel(8).</summary>
internal sealed class FatIdTool(IToolRunner tools) : IdTool(tools)
{
    public override IReadOnlyList<(string Program, string Package)> Programs => [("fatlabel", "dosfstools")];

    public override string Another() => AnotherSerial();

    protected override void Set(string device, string id) => Must("fatlabel", "--volume-id", device, Digits(id));
}

/// <summary>exfatlabel(8).</summary>
internal sealed class ExFatIdTool(IToolRunner tools) : IdTool(tools)
{
    public override IReadOnlyList<(string Program, string Package)> Programs => [("exfatlabel", "exfatprogs")];

    public override string Another() => AnotherSerial();

    protected override void Set(string device, string id) => Must("exfatlabel", "-i", device, $"0x{Digits(id)}");
}

/// <summary>swaplabel(8).</summary>
internal sealed class SwapIdTool(IToolRunner tools) : IdTool(tools)
{
    public override IReadOnlyList<(string Program, string Package)> Programs => [("swaplabel", "util-linux")];

    protected override void Set(string device, string id) => Must("swaplabel", "--uuid", id, device);
}
