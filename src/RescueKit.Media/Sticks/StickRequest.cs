namespace RescueKit.Media.Sticks;

/// <summary>`media write`: a stick from an ISO that `media build` made.</summary>
/// <param name="Iso">The ISO file.</param>
/// <param name="Target">A disk, a disk file, or a file that does not exist yet.</param>
public sealed record StickRequest(string Iso, string Target)
{
    /// <summary>Null for none: the rest of the stick stays unpartitioned.</summary>
    public DataFileSystem? Data { get; init; } = DataFileSystem.ExFat;

    /// <summary>Bytes of a target file that does not exist yet.</summary>
    public long NewFileLength { get; init; } = 4L << 30;
}

/// <summary>What the place for images is formatted with. exFAT is read by every system and holds large files.</summary>
public enum DataFileSystem { ExFat, Ext4 }
