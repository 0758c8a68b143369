using System.Text;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Places;

/// <summary>
/// The command lines that mount places. Read-only ones skip the journal: `mount -o ro` alone replays it. Options: mount(8), xfs(5),
/// btrfs(5), ntfs-3g(8), nfs(5), mount.cifs(8), sshfs(1).
/// </summary>
internal static class MountCalls
{
    /// <summary>A server that went away becomes an error after this long, and never hangs the run for good.</summary>
    private const string NfsPatience = "soft,timeo=100,retrans=2,retry=0";
    private const string SmbPatience = "soft,echo_interval=15";

    /// <summary>An SMB server enforces locks: what writes an image could not read it back through another handle.</summary>
    private const string OwnLocks = "nobrl";
    private const string SshPatience = "reconnect,ServerAliveInterval=15,ServerAliveCountMax=3,ConnectTimeout=20";

    private const string Known = "ext4, XFS, btrfs, NTFS, FAT or exFAT";

    /// <exception cref="UsageException">It is no file system that can be mounted here.</exception>
    public static ToolCall Partition(PlaceRequest request, string? fileSystem, string point)
    {
        if (fileSystem is null) throw new UsageException($"{request.Address} holds no file system that is known", $"choose a partition with {Known}");
        var (type, readOnly) = ReadOnly(fileSystem) ?? throw new UsageException($"{request.Address} holds {fileSystem}, which cannot be mounted here", $"choose a partition with {Known}");
        var options = Options(request.Writable ? "rw" : readOnly, request.Options);
        return type == Ntfs3g
            ? new ToolCall(Ntfs3g, "-o", options, request.Address, point)
            : new ToolCall("mount", "-t", type, "-o", options, request.Address, point);
    }

    /// <summary>The command lines that mount a volume that is shown as a file or device, read-only and beside the original; the first of them that works is as good as any.</summary>
    /// <exception cref="UsageException">It is no file system that can be mounted here.</exception>
    public static IReadOnlyList<ToolCall> Volume(string file, bool isDevice, string fileSystem, string point)
    {
        var (type, options) = ReadOnly(fileSystem) ?? throw new UsageException($"{fileSystem} cannot be mounted here", $"choose a partition with {Known}");
        if (type == "xfs") options += ",nouuid";
        options += ",nosuid,nodev"; // whoever made the image is not root here
        return type switch
        {
            Ntfs3g => [new ToolCall(Ntfs3g, "-o", options, file, point)],
            "exfat" => [Of(type), Of("exfat-fuse")],
            _ => [Of(type)],
        };

        ToolCall Of(string driver) => new("mount", "-t", driver, "-o", isDevice ? options : options + ",loop", file, point);
    }

    /// <summary>The command line by which a user mounts a file that shows a volume, read-only: fuse2fs(1) needs no root; null where there is no such driver.</summary>
    /// <remarks>
    /// Of the file system's own rights nothing is asked: who can read the image can read all of it. ntfs-3g is root for a moment, who may not look at a user's FUSE file.
    /// </remarks>
    public static (ToolCall Call, string Package)? AsUser(string file, string fileSystem, string point) => fileSystem switch
    {
        "ext2" or "ext3" or "ext4" => (new ToolCall("fuse2fs", "-o", "ro,norecovery,fakeroot", file, point), "fuse2fs"),
        _ => null,
    };

    /// <summary>Whether a volume's files can be had by mounting it.</summary>
    public static bool CanMount(string fileSystem) => ReadOnly(fileSystem) is not null;

    private const string Ntfs3g = "ntfs-3g";

    private static (string Type, string Options)? ReadOnly(string fileSystem) => fileSystem switch
    {
        "ext2" or "ext3" or "ext4" => ("ext4", "ro,noload"),
        "XFS" => ("xfs", "ro,norecovery"),
        "btrfs" => ("btrfs", "ro,rescue=nologreplay"),
        "FAT" or "FAT12" or "FAT16" or "FAT32" => ("vfat", "ro"),
        "exFAT" => ("exfat", "ro"),
        "NTFS" => (Ntfs3g, "ro"),
        _ => null,
    };

    public static ToolCall Nfs(PlaceRequest request, string point) =>
        new("mount", "-t", "nfs", "-o", Options(Access(request), "nolock", NfsPatience, request.Options), request.Address, point);

    /// <param name="credentials">A file that holds <see cref="Credentials"/>; null for a guest.</param>
    public static ToolCall Smb(PlaceRequest request, string point, string? credentials) =>
        new("mount", "-t", "cifs", "-o", Options(Access(request), credentials is null ? "guest" : $"credentials={credentials}", SmbPatience, OwnLocks, request.Options), request.Address, point);

    /// <exception cref="UsageException">A line break would make another line of the file.</exception>
    public static string Credentials(PlaceRequest request)
    {
        if ((request.User + request.Password).AsSpan().ContainsAny('\n', '\r')) throw new UsageException("user and password of a share cannot hold line breaks");
        return $"username={request.User}\npassword={request.Password}\n";
    }

    /// <summary>A key is named by an option: IdentityFile=/path.</summary>
    /// <param name="log">Takes what ssh has to say: sshfs lets it end without a word.</param>
    public static ToolCall Ssh(PlaceRequest request, string point, string log)
    {
        var login = request.Password is null ? "BatchMode=yes" : "password_stdin";
        var address = request.User is null || request.Address.Contains('@', StringComparison.Ordinal) ? request.Address : $"{request.User}@{request.Address}";
        return new ToolCall("sshfs", address, point, "-o", Options(Access(request), $"ssh_command=ssh -E {log}", "StrictHostKeyChecking=accept-new", SshPatience, login, request.Options))
        {
            Input = Encoding.UTF8.GetBytes(request.Password is null ? "" : request.Password + "\n"),
        };
    }

    private static string Access(PlaceRequest request) => request.Writable ? "rw" : "ro";

    private static string Options(params string?[] options) => string.Join(',', options.Where(option => !string.IsNullOrWhiteSpace(option)));
}
