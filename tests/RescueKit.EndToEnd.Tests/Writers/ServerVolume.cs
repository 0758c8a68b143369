using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Writers;

/// <summary>A small ext4 in a file, mounted, with a folder for a server that runs as nobody. Copies of it are what a snapshot would hold. Needs root.</summary>
public sealed class ServerVolume : IDisposable
{
    private readonly string _file;
    private readonly LoopDevice _loop;

    /// <param name="file">An ext4, or nothing yet.</param>
    public ServerVolume(string file, int mebibytes = 512)
    {
        _file = file;
        if (!File.Exists(file))
        {
            SparseFile.Create(file, mebibytes * (1L << 20));
            Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-E", "lazy_itable_init=1", file);
        }
        _loop = new LoopDevice(file, partitioned: false);
        Point = Directory.CreateDirectory(file + ".mounted").FullName;
        Tool.Must("mount", "-t", "ext4", _loop.Path, Point);
        Folder = Path.Combine(Point, "server");
        Directory.CreateDirectory(Folder);
        Tool.Must("chown", "nobody:nogroup", Folder);
        Live = new LiveVolume("partition 1 of /dev/test", Tool.Must("findmnt", "-n", "-o", "MAJ:MIN", Point).Output.Trim(), mebibytes * (1L << 20),
            [new LiveFileSystem(Point, Tool.Must("findmnt", "-n", "-o", "MAJ:MIN", Point).Output.Trim(), "ext4", 0)]);
    }

    public string Point { get; }
    public string Folder { get; }
    public LiveVolume Live { get; }

    /// <summary>Its content at one instant with the file system frozen, as a snapshot has it.</summary>
    public string Copy(string to)
    {
        Tool.Must("fsfreeze", "--freeze", Point);
        try
        {
            Tool.Must("cp", "--sparse=always", _file, to);
        }
        finally
        {
            Tool.Must("fsfreeze", "--unfreeze", Point);
        }
        return to;
    }

    public void Dispose()
    {
        Tool.Run("umount", "--lazy", Point);
        _loop.Dispose();
    }
}
