namespace RescueKit.FileSystems.Xfs;

/// <summary>
/// What tells the B+trees of an allocation group apart. Source: Linux fs/xfs/libxfs/xfs_format.h, "Allocation Btree", "Inode Btree", "Reverse mapping btree",
/// "Reference Count Btree".
/// </summary>
/// <param name="Magic">Of version 4; 0 where only version 5 has it.</param>
/// <param name="MagicWithChecksum">Of version 5.</param>
/// <param name="KeyBytes">Of a key in a block above the leaves.</param>
/// <param name="RecordBytes">Of a record in a leaf.</param>
/// <param name="ExactKeyBytes">As many bytes of a key are those of the first record below it.</param>
internal sealed record XfsTreeKind(string Name, uint Magic, uint MagicWithChecksum, int KeyBytes, int RecordBytes, int ExactKeyBytes)
{
    /// <summary>Free extents in the order of their place: first block and length, each a 32-bit number.</summary>
    public static XfsTreeKind FreeByPlace { get; } = new("bnobt", Ascii("ABTB"), Ascii("AB3B"), 8, 8, 4);

    /// <summary>The same extents, the shortest first.</summary>
    public static XfsTreeKind FreeBySize { get; } = new("cntbt", Ascii("ABTC"), Ascii("AB3C"), 8, 8, 8);

    /// <summary>Chunks of 64 inodes.</summary>
    public static XfsTreeKind Inodes { get; } = new("inobt", Ascii("IABT"), Ascii("IAB3"), 4, 16, 4);

    /// <summary>Those of them with free inodes.</summary>
    public static XfsTreeKind FreeInodes { get; } = new("finobt", Ascii("FIBT"), Ascii("FIB3"), 4, 16, 4);

    private static uint Ascii(string text) => (uint)text[0] << 24 | (uint)text[1] << 16 | (uint)text[2] << 8 | text[3];
}
