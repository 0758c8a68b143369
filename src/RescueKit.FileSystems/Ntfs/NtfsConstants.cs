namespace RescueKit.FileSystems.Ntfs;

/// <summary>Attribute types, as they stand in an attribute's header (Linux-NTFS documentation, "Attributes").</summary>
internal static class AttributeType
{
    public const uint StandardInformation = 0x10;
    public const uint AttributeList = 0x20;
    public const uint FileName = 0x30;
    public const uint ObjectId = 0x40;
    public const uint VolumeName = 0x60;
    public const uint VolumeInformation = 0x70;
    public const uint Data = 0x80;
    public const uint IndexRoot = 0x90;
    public const uint IndexAllocation = 0xA0;
    public const uint Bitmap = 0xB0;
    public const uint EaInformation = 0xD0;
    public const uint End = 0xFFFFFFFF;
}

/// <summary>Numbers of the MFT records that every volume has.</summary>
internal static class SystemRecord
{
    public const long Mft = 0;
    public const long MftMirror = 1;
    public const long LogFile = 2;
    public const long Volume = 3;
    public const long AttributeDefinitions = 4;
    public const long RootDirectory = 5;
    public const long Bitmap = 6;
    public const long Boot = 7;
    public const long BadClusters = 8;
    public const long Secure = 9;
    public const long UpCase = 10;
    public const long Extend = 11;

    /// <summary>Records from here to <see cref="FirstUser"/> are kept free for later use.</summary>
    public const long FirstReserved = 12;

    /// <summary>Records below are the system's own; the mirror may cover up to this many.</summary>
    public const int FirstUser = 16;

    public static string Name(long number) => number switch
    {
        Mft => "$MFT",
        MftMirror => "$MFTMirr",
        LogFile => "$LogFile",
        Volume => "$Volume",
        AttributeDefinitions => "$AttrDef",
        RootDirectory => "the root directory",
        Bitmap => "$Bitmap",
        Boot => "$Boot",
        BadClusters => "$BadClus",
        Secure => "$Secure",
        UpCase => "$UpCase",
        Extend => "$Extend",
        _ => $"MFT record {number}",
    };
}

/// <summary>Bits of an attribute's flags at +0x0C.</summary>
[Flags]
internal enum AttributeFlags : ushort
{
    CompressionMask = 0x00FF,
    Encrypted = 0x4000,
    Sparse = 0x8000,
}

/// <summary>Bits of a file's own attributes in $STANDARD_INFORMATION that concern how its data lies.</summary>
[Flags]
internal enum FileFlags : uint
{
    Sparse = 0x0200,
    Encrypted = 0x4000,
}
