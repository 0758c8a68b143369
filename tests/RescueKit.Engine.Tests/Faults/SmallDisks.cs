using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Disks;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests.Faults;

/// <summary>Two small real disks, and what an undisturbed run makes of each; shared by all sweeps, never changed.</summary>
public sealed class SmallDisks : IDisposable
{
    private readonly TempFolder _folder = new();

    public SmallDisks()
    {
        Gpt = new SmallDisk(RealDisk.SmallGpt(_folder.Folder("gpt")));
        Mbr = new SmallDisk(RealDisk.SmallMbr(_folder.Folder("mbr")));
    }

    public SmallDisk Gpt { get; }
    public SmallDisk Mbr { get; }

    public SmallDisk Of(string kind) => kind == "gpt" ? Gpt : Mbr;

    /// <summary>The one that a target holds before it is overwritten: with another table, and with volumes at other places.</summary>
    public SmallDisk Other(string kind) => kind == "gpt" ? Mbr : Gpt;

    public void Dispose() => _folder.Dispose();
}

[CollectionDefinition("small disks")]
public sealed class SmallDiskCollection : ICollectionFixture<SmallDisks>;

/// <summary>A real disk in memory, with its undisturbed image.</summary>
public sealed class SmallDisk
{
    private readonly string _digest;

    internal SmallDisk(RealDisk real)
    {
        Volumes = real.Volumes;
        Bytes = real.ReadAll();
        _digest = Bench.Digest(Bytes);
        Disk = Sparse(Bytes);
        Assert.Equal(0, Bench.Backup(Disk, Image, Sweep.BackupRequest, Sweep.Resources).ExitCode);
        using var image = ImageReader.Open(Image, Bench.Image);
        ContentDigest = image.ContentDigest;
        Used = ExtentSet.From(Enumerable.Range(0, image.RegionCount).SelectMany(i => image.ReadRegion(i).Used));
    }

    public IReadOnlyList<RealVolume> Volumes { get; }
    public byte[] Bytes { get; }

    /// <summary>Read by many runs at once; nobody writes to it.</summary>
    public MemoryDisk Disk { get; }
    public MemoryStore Image { get; } = new();
    public ChunkDigest ContentDigest { get; }

    /// <summary>What an undisturbed run takes.</summary>
    public ExtentSet Used { get; }

    public void MustBeUntouched() => Assert.Equal(_digest, Bench.Digest(Disk.ToArray()));

    /// <summary>What the image of an undisturbed run says is used of a volume, in disk offsets.</summary>
    public ExtentSet UsedOf(RealVolume volume) => Used.Clip(new Extent(volume.Offset, volume.Length));

    /// <summary>A disk that may be written to, with the same content; zeros are holes, as in a sparse file.</summary>
    public MemoryDisk NewTarget(bool tears = false)
    {
        var target = new MemoryDisk(Bytes.Length) { TearsWrites = tears };
        Fill(target, Bytes);
        return target;
    }

    private static MemoryDisk Sparse(byte[] bytes)
    {
        var disk = new MemoryDisk(bytes.Length);
        Fill(disk, bytes);
        return disk;
    }

    private static void Fill(MemoryDisk disk, byte[] bytes)
    {
        const int piece = 64 << 10;
        for (var at = 0; at < bytes.Length; at += piece)
        {
            var part = bytes.AsSpan(at, Math.Min(piece, bytes.Length - at));
            if (part.ContainsAnyExcept((byte)0)) disk.Write(at, part);
        }
    }
}
