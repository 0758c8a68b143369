using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>Reads MFT records through the table's own run list, however fragmented it is.</summary>
internal sealed class MasterFileTable
{
    private const ulong NumberMask = (1UL << 48) - 1;

    private NtfsStream? _data;

    /// <exception cref="MalformedException">The table cannot be found or contradicts itself.</exception>
    public MasterFileTable(IBlockSource volume, NtfsBootSector boot)
    {
        (Volume, Boot) = (volume, boot);
        var bytes = new byte[boot.MftRecordSize];
        var start = boot.MftCluster * boot.ClusterSize;
        if (start > volume.Length - bytes.Length) throw new MalformedException("$MFT begins behind the end of the volume");
        volume.Read(start, bytes);
        Self = new NtfsFile(this, new MftRecord(bytes, SystemRecord.Mft));
        // Extension records of $MFT are themselves found through the parts of its run list that come before them.
        Self.OpenStream(AttributeType.Data, begun: firstPart => _data = firstPart);
        if (Data.IsResident || !Data.IsPlain || Data.Runs.Count == 0 || Data.Runs[0].Lcn != boot.MftCluster)
            throw new MalformedException("the run list of $MFT does not begin where the boot sector says");
    }

    public IBlockSource Volume { get; }
    public NtfsBootSector Boot { get; }

    /// <summary>The table as a file.</summary>
    public NtfsFile Self { get; }

    /// <summary>The records, one after the other.</summary>
    /// <exception cref="MalformedException">They were asked for before the first part is known: $MFT cannot begin in an extension record.</exception>
    public NtfsStream Data => _data ?? throw new MalformedException("the run list of $MFT does not begin in its own record");

    /// <summary>Splits a reference into the number of a record and the sequence it must have (0: not known).</summary>
    public static (long Number, ushort Sequence) Split(ulong reference) => ((long)(reference & NumberMask), (ushort)(reference >> 48));

    /// <exception cref="MalformedException">There is no such record, or it is damaged.</exception>
    public MftRecord Read(long number)
    {
        var bytes = new byte[Boot.MftRecordSize];
        if (number > Data.InitializedSize / bytes.Length - 1) throw new MalformedException($"there is no {SystemRecord.Name(number)}");
        Data.Read(number * bytes.Length, bytes);
        return new MftRecord(bytes, number);
    }

    /// <exception cref="MalformedException">There is no such file, or it is damaged.</exception>
    public NtfsFile Open(long number) => number == SystemRecord.Mft ? Self : new NtfsFile(this, Read(number));
}
