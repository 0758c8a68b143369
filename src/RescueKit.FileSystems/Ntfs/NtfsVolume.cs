using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>The system files of a volume, opened and held against each other.</summary>
internal sealed class NtfsVolume
{
    private const int BootArea = 8192;

    // One character for each of 2^16.
    private const int UpCaseSize = 128 << 10;

    private const ushort MountedOnNt4 = 0x0008;

    // Work on the change journal or on object ids that Windows takes up at the next mount; neither moves clusters now.
    private const ushort DeleteUsnUnderway = 0x0010;
    private const ushort RepairObjectIds = 0x0020;

    private const ushort Dirty = 0x0001;

    private readonly NtfsStream _boot;
    private readonly NtfsStream _mirror;
    private readonly NtfsStream _log;

    /// <exception cref="MalformedException">A system file is missing, damaged, or not where it should be.</exception>
    public NtfsVolume(MasterFileTable mft)
    {
        Mft = mft;
        _boot = Mft.Open(SystemRecord.Boot).OpenData();
        _mirror = Mft.Open(SystemRecord.MftMirror).OpenData();
        _log = Mft.Open(SystemRecord.LogFile).OpenData();
        _ = Mft.Open(SystemRecord.AttributeDefinitions).OpenData();
        CheckUpCase();
        if (_boot.IsResident || _boot.Runs.Count == 0 || _boot.Runs[0].Lcn != 0) throw new MalformedException("$Boot does not begin at cluster 0");
        CheckMirror(mft.Boot);
        Bitmap = new ClusterBitmap(Mft.Open(SystemRecord.Bitmap).OpenData(), mft.Boot.ClusterCount);

        var about = Mft.Open(SystemRecord.Volume);
        var information = about.OpenStream(AttributeType.VolumeInformation)?.ReadAll(64) ?? [];
        if (information.Length < 12) throw new MalformedException("$Volume has no volume information");
        Version = (information[8], information[9]);
        Flags = BinaryPrimitives.ReadUInt16LittleEndian(information.AsSpan(10));
        var name = about.OpenStream(AttributeType.VolumeName)?.ReadAll(256) ?? [];
        Label = name.Length < 2 ? null : new string(MemoryMarshal.Cast<byte, char>(name));
    }

    public MasterFileTable Mft { get; }
    public ClusterBitmap Bitmap { get; }
    public (int Major, int Minor) Version { get; }
    public ushort Flags { get; }
    public string? Label { get; }

    /// <summary>Why its structures may be on the way from one state to another, or null where they are not.</summary>
    /// <exception cref="BlockReadException">The log cannot be read.</exception>
    public string? UncleanReason()
    {
        var doubtful = (ushort)(Flags & ~(MountedOnNt4 | DeleteUsnUnderway | RepairObjectIds));
        if ((doubtful & Dirty) != 0) return "it is marked dirty";
        if (doubtful != 0) return $"work on it was not finished (volume flags 0x{Flags:X4})";
        return LogFile.UncleanReason(_log);
    }

    /// <summary>Used whatever the bitmap says: boot code, the table, its mirror and the bitmap itself.</summary>
    public ExtentSet AlwaysUsed() => ExtentSet.Of(new Extent(0, Math.Min(BootArea, Mft.Volume.Length))).Union(_boot.Extents())
        .Union(Mft.Data.Extents()).Union(_mirror.Extents()).Union(Bitmap.Extents());

    /// <summary>A bitmap that calls clusters of the system's own files free is not to be believed elsewhere.</summary>
    /// <exception cref="MalformedException">It does.</exception>
    /// <exception cref="BlockReadException">A part of the bitmap cannot be read.</exception>
    public void CheckBitmapCovers(ExtentSet files, string what)
    {
        var clusterSize = Mft.Boot.ClusterSize;
        foreach (var extent in files)
        {
            var end = Math.Min(Bitmap.ClusterCount, (extent.End + clusterSize - 1) / clusterSize);
            if (!Bitmap.AllUsed(extent.Offset / clusterSize, end))
                throw new MalformedException($"$Bitmap calls clusters of {what} free (in {extent})");
        }
    }

    /// <summary>Looks through all streams of all files that every volume has.</summary>
    /// <exception cref="MalformedException">One is damaged, a cluster of it is marked free, or the root directory does not name it.</exception>
    /// <exception cref="BlockReadException">A structure cannot be read.</exception>
    public void CheckSystemFiles()
    {
        CheckNames();
        for (var number = SystemRecord.Mft; number < SystemRecord.FirstReserved; number++)
        {
            var file = Mft.Open(number);
            file.CheckFlags();
            foreach (var stream in file.StreamsWithClusters()) CheckBitmapCovers(stream.Extents(), file.Base.Name);
            foreach (var root in file.Base.Attributes.Where(a => a.Type == AttributeType.IndexRoot)) CheckIndexRoot(file, root);
            // Of these every driver reads the content as it lies.
            if (number < SystemRecord.BadClusters && file.OpenStream(AttributeType.Data) is { IsPlain: false })
                throw new MalformedException($"{file.Base.Name} is sparse, compressed or encrypted");
        }
    }

    /// <summary>Drivers look up the system's own files by name: a directory without them is not in order, and may hide a hiberfil.sys too.</summary>
    private void CheckNames()
    {
        long[] numbers = [0, 1, 2, 3, 4, 6, 7, 8, 10];
        var wanted = numbers.Concat(Version.Major >= 3 ? [SystemRecord.Secure] : []).ToDictionary(SystemRecord.Name);
        var found = RootDirectory.Find(Mft, [.. wanted.Keys]).ToLookup(entry => entry.Name, entry => MasterFileTable.Split(entry.Reference));
        foreach (var (name, number) in wanted)
        {
            if (found[name].Count() != 1 || found[name].First() != (number, Mft.Open(number).Base.Sequence))
                throw new MalformedException($"the root directory does not lead to {name}");
        }
    }

    private static void CheckIndexRoot(NtfsFile file, NtfsAttribute root)
    {
        var owner = file.Base.Name;
        if (root.Value.Length < NtfsIndex.RootHeader) throw new MalformedException($"an index of {owner} is damaged");
        var entries = NtfsIndex.Entries(root.Value.Span[NtfsIndex.RootHeader..], owner);
        var blockBytes = file.OpenStream(AttributeType.IndexAllocation, root.Name)?.DataSize ?? 0;
        NtfsIndex.BlockSize(root.Value.Span, owner);
        while (NtfsIndex.Next(ref entries, blockBytes, owner, out _))
        {
        }
    }

    // Only ASCII is the same on every volume. A table that is wrong there lies elsewhere, and the run list or the disk is damaged.
    private void CheckUpCase()
    {
        var table = Mft.Open(SystemRecord.UpCase).OpenData();
        if (table.DataSize != UpCaseSize) throw new MalformedException($"$UpCase has {table.DataSize} bytes");
        Span<byte> ascii = stackalloc byte[2 * 0x80];
        table.Read(0, ascii);
        for (var c = '\0'; c < 0x80; c++)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(ascii[(2 * c)..]) != char.ToUpperInvariant(c))
                throw new MalformedException("$UpCase does not hold the upper-case letters");
        }
    }

    // The mirror holds at least four records, with large clusters more.
    private void CheckMirror(NtfsBootSector boot)
    {
        if (_mirror.IsResident || _mirror.Runs.Count == 0 || _mirror.Runs[0].Lcn != boot.MftMirrorCluster)
            throw new MalformedException("$MFTMirr does not begin where the boot sector says");
        var size = boot.MftRecordSize;
        var count = Math.Min(_mirror.DataSize / size, SystemRecord.FirstUser);
        if (count < 4) throw new MalformedException($"$MFTMirr has {_mirror.DataSize} bytes");
        for (var number = 0L; number < count; number++)
        {
            var bytes = new byte[size];
            _mirror.Read(number * size, bytes);
            if (!new MftRecord(bytes, number).Used.Span.SequenceEqual(Mft.Read(number).Used.Span))
                throw new MalformedException($"$MFT and $MFTMirr differ in {SystemRecord.Name(number)}");
        }
    }
}
