using System.Globalization;
using System.Text.RegularExpressions;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Sizes;

/// <summary>A family of file systems and its own tools that change its length. They are never cut off by Ctrl-C: a file system that is half moved is lost.</summary>
internal abstract class SizeTool(IToolRunner tools)
{
    /// <summary>Programs with the Debian packages that have them.</summary>
    public abstract IReadOnlyList<(string Program, string Package)> Programs { get; }

    /// <summary>It has to be mounted for that, which needs root.</summary>
    public virtual bool MustBeMounted => false;

    public virtual bool CanShrink => false;

    protected IToolRunner Tools { get; } = tools;

    /// <summary>By the names of <see cref="VolumeContent.Type"/>; null where there is none.</summary>
    public static SizeTool? Of(string fileSystem, IToolRunner tools) => fileSystem switch
    {
        "ext2" or "ext3" or "ext4" => new ExtSizeTool(tools),
        "NTFS" => new NtfsSizeTool(tools),
        "XFS" => new XfsSizeTool(tools),
        "btrfs" => new BtrfsSizeTool(tools),
        _ => null,
    };

    /// <summary>Makes the file system as long as what it lies on.</summary>
    /// <exception cref="DeviceException">It could not; the file system has its old length, as its tool promises.</exception>
    public abstract void Grow(string volume);

    /// <summary>The shortest that it can become; bytes. Writes nothing to the volume.</summary>
    /// <param name="name">How to call it in messages.</param>
    /// <exception cref="SafetyException">It is not in order.</exception>
    public virtual long LeastLength(string volume, string name, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>Makes the file system of a copy at most as long as told; it may be cut off.</summary>
    /// <exception cref="DeviceException">It could not.</exception>
    public virtual void Shrink(string volume, long length, CancellationToken cancel) => throw new NotSupportedException();

    /// <param name="cancel">Ends the tool at once: for copies alone.</param>
    /// <exception cref="DeviceException">It failed; the message gives the tool's own words.</exception>
    protected string Must(string doing, string program, string[] arguments, CancellationToken cancel = default)
    {
        var outcome = Run(program, arguments, cancel);
        return outcome.ExitCode == 0 ? outcome.Output : throw Failed(doing, program, outcome);
    }

    protected static DeviceException Failed(string doing, string program, ToolOutcome outcome) => new($"{doing} failed: {program}: {outcome.Complaint}");

    protected static SafetyException NotInOrder(string name, string program, ToolOutcome outcome) =>
        new($"the file system of {name} is not in order, and would have to be repaired before it can be shrunk: {program}: {outcome.Complaint}", "restore it onto a disk that is as large, and repair it there");

    /// <summary>A number among what a tool said; <paramref name="pattern"/> has it as its first group.</summary>
    protected static long? Find(string text, string pattern) =>
        Regex.Match(text, pattern) is { Success: true } match ? long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    protected static DeviceException NotUnderstood(string program, string said) => new($"what {program} says is not understood: {said.Trim()}");

    protected ToolOutcome Run(string program, string[] arguments, CancellationToken cancel = default) =>
        Tools.Run(new ToolCall("setsid", ["--wait", program, .. arguments]) { Limit = Timeout.InfiniteTimeSpan, Input = Answer, Cancel = cancel });

    /// <summary>To a tool that asks whether it may.</summary>
    protected virtual ReadOnlyMemory<byte> Answer => default;
}

/// <summary>e2fsck(8), resize2fs(8).</summary>
internal sealed class ExtSizeTool(IToolRunner tools) : SizeTool(tools)
{
    /// <summary>e2fsck(8), "EXIT CODE": errors were corrected.</summary>
    private const int Corrected = 1;

    public override IReadOnlyList<(string Program, string Package)> Programs => [("e2fsck", "e2fsprogs"), ("resize2fs", "e2fsprogs"), ("dumpe2fs", "e2fsprogs")];

    public override void Grow(string volume)
    {
        var check = Run("e2fsck", ["-f", "-p", volume]);
        if (check.ExitCode > Corrected) throw Failed("checking the file system", "e2fsck", check);
        Must("growing the file system", "resize2fs", [volume]);
    }

    public override bool CanShrink => true;

    public override long LeastLength(string volume, string name, CancellationToken cancel)
    {
        var check = Run("e2fsck", ["-f", "-n", volume], cancel);
        if (check.ExitCode != 0) throw NotInOrder(name, "e2fsck", check);
        var least = Must($"asking how far {name} can shrink", "resize2fs", ["-P", volume], cancel);
        var head = Must($"looking at {name}", "dumpe2fs", ["-h", volume], cancel);
        return Find(least, @"minimum size of the filesystem: (\d+)") * Find(head, @"Block size:\s+(\d+)") ?? throw NotUnderstood("resize2fs", least);
    }

    /// <summary>resize2fs wants a file system that was checked since it was mounted.</summary>
    public override void Shrink(string volume, long length, CancellationToken cancel)
    {
        Must("checking the file system", "e2fsck", ["-f", "-p", volume], cancel);
        Must("shrinking the file system", "resize2fs", [volume, string.Create(CultureInfo.InvariantCulture, $"{length / 1024}K")], cancel);
    }
}

/// <summary>
/// ntfsresize(8). Boot code finds its way by the beginning of the volume, which stays; the backup boot sector, behind the last cluster, is moved by
/// ntfsresize. It refuses what is marked for a check by Windows, and leaves such a mark itself.
/// </summary>
internal sealed class NtfsSizeTool(IToolRunner tools) : SizeTool(tools)
{
    public override IReadOnlyList<(string Program, string Package)> Programs => [("ntfsresize", "ntfs-3g")];

    protected override ReadOnlyMemory<byte> Answer => "y\n"u8.ToArray();

    public override bool CanShrink => true;

    public override void Grow(string volume) => Must("growing the file system", "ntfsresize", ["--no-progress-bar", volume]);

    public override long LeastLength(string volume, string name, CancellationToken cancel)
    {
        var info = Run("ntfsresize", ["--no-progress-bar", "--info", volume], cancel);
        if (info.ExitCode != 0) throw NotInOrder(name, "ntfsresize", info);
        return Find(info.Output, @"You might resize at (\d+) bytes") ?? Find(info.Output, @"Current volume size: (\d+) bytes") ?? throw NotUnderstood("ntfsresize", info.Output);
    }

    public override void Shrink(string volume, long length, CancellationToken cancel) =>
        Must("shrinking the file system", "ntfsresize", ["--no-progress-bar", "--size", length.ToString(CultureInfo.InvariantCulture), volume], cancel);
}

/// <summary>xfs_growfs(8).</summary>
internal sealed class XfsSizeTool(IToolRunner tools) : SizeTool(tools)
{
    public override IReadOnlyList<(string Program, string Package)> Programs => [("xfs_growfs", "xfsprogs")];

    public override bool MustBeMounted => true;

    public override void Grow(string volume)
    {
        using var mounted = MountedVolume.Xfs(Tools, volume);
        Must("growing the file system", "xfs_growfs", [mounted.Folder]);
    }
}

/// <summary>btrfs-filesystem(8).</summary>
internal sealed class BtrfsSizeTool(IToolRunner tools) : SizeTool(tools)
{
    public override IReadOnlyList<(string Program, string Package)> Programs => [("btrfs", "btrfs-progs")];

    public override bool MustBeMounted => true;

    public override void Grow(string volume)
    {
        using var mounted = MountedVolume.Btrfs(Tools, volume, readOnly: false);
        Must("growing the file system", "btrfs", ["filesystem", "resize", "max", mounted.Folder]);
    }

    public override bool CanShrink => true;

    public override long LeastLength(string volume, string name, CancellationToken cancel)
    {
        using var mounted = MountedVolume.Btrfs(Tools, volume, readOnly: true);
        var said = Must($"asking how far {name} can shrink", "btrfs", ["inspect-internal", "min-dev-size", mounted.Folder], cancel);
        return Find(said, @"(\d+) bytes") ?? throw NotUnderstood("btrfs", said);
    }

    public override void Shrink(string volume, long length, CancellationToken cancel)
    {
        using var mounted = MountedVolume.Btrfs(Tools, volume, readOnly: false);
        Must("shrinking the file system", "btrfs", ["filesystem", "resize", length.ToString(CultureInfo.InvariantCulture), mounted.Folder], cancel);
    }
}
