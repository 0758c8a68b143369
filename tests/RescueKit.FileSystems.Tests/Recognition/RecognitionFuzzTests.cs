using RescueKit.FileSystems.Tests.Fat;
using RescueKit.FileSystems.Tests.Ntfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Recognition;

/// <summary>The whole probe on damaged volumes: never a crash, and never a map but of the file system that is really there.</summary>
public sealed class RecognitionFuzzTests : IDisposable
{
    private const int HeadLength = 8 << 20;
    private const int Sector = 512;

    /// <summary>Marks that an earlier use of the place may have left, each where its reader looks for it.</summary>
    private static readonly (int At, byte[] Mark)[] Stale =
    [
        (4096 - 10, [.. "SWAPSPACE2"u8]), (65536 - 10, [.. "SWAPSPACE2"u8]), (1024, [1, 0, 0, 0, 0xFF, 0, 0, 0]), (1024 + 0x38, [0x53, 0xEF]),
        (3, [.. "NTFS    "u8]), (3, [.. "EXFAT   "u8]), (3, [.. "MSDOS5.0"u8]), (510, [0x55, 0xAA]), (0x36, [.. "FAT16   "u8]), (0x52, [.. "FAT32   "u8]),
        (0, [.. "XFSB"u8]), (0, [.. "LUKS\u00ba"u8]), (512, [.. "LABELONE"u8]), (1024, [.. "BD"u8]), (1024, [.. "H+\0\u0004"u8]),
        (0x10040, [.. "_BHRfS_M"u8]), (4096, [0xFC, 0x4E, 0x2B, 0xA9, 1, 0, 0, 0]), (0x8001, [.. "CD001"u8]),
    ];

    private readonly TempFolder _temp = new();

    public static TheoryData<string> Heads() => RecognitionTests.Heads();

    public static TheoryData<string> ByHand() => [.. MadeByHand.Names];

    [Theory]
    [MemberData(nameof(Heads))]
    public void A_damaged_head_of_what_is_known_by_name_alone_never_gets_a_map(string name)
    {
        using var head = Fixture.Open($"heads/{name}.gz");
        using var image = new MemoryDisk(HeadLength);
        image.Write(0, head.ToArray());
        Run(image, NonZero(image, HeadLength), 3000, seed: 51, AssertNoMap);
    }

    [Theory]
    [MemberData(nameof(ByHand))]
    public void A_damaged_mark_of_a_member_or_container_never_gets_a_map(string name)
    {
        var bytes = MadeByHand.Disk(name);
        using var image = new MemoryDisk(bytes.Length);
        var places = new List<Extent>();
        for (var at = 0; at < bytes.Length; at += Sector)
        {
            if (!bytes.AsSpan(at, Sector).ContainsAnyExcept((byte)0)) continue;
            image.Write(at, bytes.AsSpan(at, Sector));
            places.Add(new Extent(at, Sector));
        }
        Run(image, places, 300, seed: 52, AssertNoMap);
    }

    [Theory]
    [InlineData("ext", "ext2,ext3,ext4")]
    [InlineData("ntfs", "NTFS")]
    [InlineData("fat", "FAT12,FAT16,FAT32")]
    [InlineData("exfat", "exFAT")]
    [InlineData("swap", "swap")]
    public void Damage_and_stale_marks_never_make_one_file_system_pass_for_another(string kind, string types)
    {
        using var image = MemoryDisk.FromBytes(File.ReadAllBytes(Make(kind)));
        var outcome = Run(image, NonZero(image, 256 << 10), 5000, seed: 53, (overlay, content) =>
            Assert.True((content.Map ?? content.UncleanMap) is null || types.Split(',').Contains(content.Type), $"{kind} got a map as {content.Type}"));
        Assert.True(outcome is { Mapped: > 100, Whole: > 100 }, $"{outcome}");
    }

    public void Dispose() => _temp.Dispose();

    private static void AssertNoMap(OverlaySource overlay, VolumeContent content) =>
        Assert.True(content.Map is null && content.UncleanMap is null, $"{content.Type} got a map");

    private static FuzzOutcome Run(
        MemoryDisk image, IReadOnlyList<Extent> metadata, int cases, int seed, Action<OverlaySource, VolumeContent> check)
    {
        var outcome = MutationFuzz.Run(new Probe(), image, metadata, TestScale.Of(cases), seed, check: check, repair: (overlay, random) =>
        {
            if (random.Next(3) != 0) return;
            var (at, mark) = Stale[random.Next(Stale.Length)];
            overlay.Patch(at, mark);
        });
        Assert.True(outcome is { Unrecognised: 0, Unreadable: 0 }, $"{outcome}: the probe always answers");
        return outcome;
    }

    /// <summary>Sectors that hold something, and those that the readers look at first.</summary>
    private static List<Extent> NonZero(MemoryDisk image, int end)
    {
        var places = new List<Extent> { new(0, Sector), new(1024, Sector), new(4096, Sector) };
        var sector = new byte[Sector];
        for (var at = 0; at < end; at += Sector)
        {
            image.Read(at, sector);
            if (sector.AsSpan().ContainsAnyExcept((byte)0)) places.Add(new Extent(at, Sector));
        }
        return places;
    }

    private string Make(string kind)
    {
        var path = _temp.File(kind);
        switch (kind)
        {
            case "ext": ExtImages.Make(path, 4 << 20, ["-t", "ext4", "-b", "1024", "-O", "^metadata_csum,^has_journal"], seed: 3, contentBytes: 0); break;
            case "ntfs": NtfsImage.Make(path, 2 << 20, "-c", "512"); break;
            case "fat": return FatVolume.Make(_temp, new FatShape("fat", 16, 2300 << 10, "-s", "1")).Path;
            case "exfat": Tool.Must("mkfs.exfat", "-c", "512", SparseFile.Create(path, 4 << 20)); break;
            default: Tool.Must("mkswap", SparseFile.Create(path, 1 << 20)); break;
        }
        return path;
    }

    private sealed class Probe : IAllocationReader
    {
        public string Family => "probe";

        public VolumeContent? Read(IBlockSource volume, AllocationOptions options) => VolumeProbe.Read(volume, options);
    }
}
