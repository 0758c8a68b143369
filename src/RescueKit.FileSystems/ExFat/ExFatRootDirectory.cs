using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using RescueKit.Model;

namespace RescueKit.FileSystems.ExFat;

/// <summary>What the root directory's critical entries say. Source: exFAT specification, sections 6 and 7.</summary>
internal sealed record ExFatRootDirectory
{
    private const int EntrySize = 32;
    private const byte EndOfDirectory = 0x00, Bitmap = 0x81, Upcase = 0x82, Label = 0x83;

    /// <summary>A directory is at most 256 MiB (specification 7.1).</summary>
    private const long MaxBytes = 256L << 20;

    public required IReadOnlyList<ClusterRun> Runs { get; init; }
    public required uint BitmapCluster { get; init; }
    public required ulong BitmapLength { get; init; }
    public required uint UpcaseCluster { get; init; }
    public required ulong UpcaseLength { get; init; }
    public string? VolumeLabel { get; init; }

    /// <exception cref="MalformedException">No bitmap or up-case table, two of them, or a broken chain.</exception>
    /// <exception cref="BlockReadException">Part of it could not be read.</exception>
    public static ExFatRootDirectory Read(IBlockSource volume, ExFatBootRegion boot, ExFatChain chain)
    {
        var limit = Math.Max(1, Math.Min(boot.ClusterCount, MaxBytes / boot.ClusterSize));
        var runs = chain.Follow(boot.RootCluster, limit, "root directory");
        (uint Cluster, ulong Length)? bitmap = null, upcase = null;
        string? label = null;
        foreach (var entry in Entries(volume, boot, runs))
        {
            var place = (BinaryPrimitives.ReadUInt32LittleEndian(entry.AsSpan(20)), BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(24)));
            switch (entry[0])
            {
                case Bitmap when bitmap is not null: throw new MalformedException("its root directory has two allocation bitmaps");
                case Bitmap: bitmap = place; break;
                case Upcase when upcase is not null: throw new MalformedException("its root directory has two up-case tables");
                case Upcase: upcase = place; break;
                case Label: label ??= Encoding.Unicode.GetString(entry, 2, Math.Min(entry[1], (byte)11) * 2); break;
            }
        }
        if (bitmap is null) throw new MalformedException("its root directory has no allocation bitmap");
        if (upcase is null) throw new MalformedException("its root directory has no up-case table");
        return new ExFatRootDirectory
        {
            Runs = runs,
            BitmapCluster = bitmap.Value.Cluster,
            BitmapLength = bitmap.Value.Length,
            UpcaseCluster = upcase.Value.Cluster,
            UpcaseLength = upcase.Value.Length,
            VolumeLabel = string.IsNullOrEmpty(label) ? null : label,
        };
    }

    /// <summary>Entries up to the end mark, each in the same array, overwritten by the next.</summary>
    private static IEnumerable<byte[]> Entries(IBlockSource volume, ExFatBootRegion boot, List<ClusterRun> runs)
    {
        const int Step = 64 << 10;
        var buffer = ArrayPool<byte>.Shared.Rent(Step);
        var entry = new byte[EntrySize];
        try
        {
            foreach (var run in runs)
            {
                var end = boot.OffsetOf(run.First) + run.Count * (long)boot.ClusterSize;
                for (var at = boot.OffsetOf(run.First); at < end; at += Step)
                {
                    var length = (int)Math.Min(Step, end - at);
                    volume.Read(at, buffer.AsSpan(0, length));
                    for (var i = 0; i < length; i += EntrySize)
                    {
                        if (buffer[i] == EndOfDirectory) yield break;
                        buffer.AsSpan(i, EntrySize).CopyTo(entry);
                        yield return entry;
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
