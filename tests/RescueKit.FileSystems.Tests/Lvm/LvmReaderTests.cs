using System.Buffers.Binary;
using System.Text;
using RescueKit.FileSystems.Lvm;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Lvm;

/// <summary>The fixture's README tells how it was made, and what lvs said of it.</summary>
public sealed class LvmReaderTests : IDisposable
{
    private const long Start = 1 << 20, ExtentBytes = 256 << 10, SectorSize = 512;

    private readonly MemoryDisk _volume = Fixture.Open("lvm-linear-striped.img.gz");
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>lvs: a 0-47 and 80-111, b 48-79, s 112-143 and 144-175, p 176-223, empty 224-239; pvs: 376 extents.</summary>
    [Fact]
    public void Used_is_what_lvs_and_pvs_say()
    {
        var content = Read();
        Assert.True(content.Map is not null, content.WholeReason);
        Assert.Equal("LVM2 physical volume", content.Type);
        var expected = ExtentSet.Of(new Extent(0, Start + 240 * ExtentBytes), Extent.FromTo(Start + 376 * ExtentBytes, _volume.Length));
        Assert.Equal(expected, content.Map.UsedIn(new Extent(0, _volume.Length)));
    }

    [Fact]
    public void Logical_volumes_are_nested_in_pieces()
    {
        var nested = Read().Nested.ToDictionary(volume => volume.Name);
        Assert.Equal(["logical volume rescue/a", "logical volume rescue/b", "logical volume rescue/empty", "logical volume rescue/p", "logical volume rescue/s"], nested.Keys.Order());
        Assert.Equal(
            [
                new NestedPiece(0, 48 * ExtentBytes, new Extent(Start, 48 * ExtentBytes), Striping.None, 0),
                new NestedPiece(48 * ExtentBytes, 32 * ExtentBytes, new Extent(Start + 80 * ExtentBytes, 32 * ExtentBytes), Striping.None, 0),
            ], nested["logical volume rescue/a"].Pieces);
        Assert.Equal(
            [
                new NestedPiece(0, 64 * ExtentBytes, new Extent(Start + 112 * ExtentBytes, 32 * ExtentBytes), new Striping(2, 65536), 0),
                new NestedPiece(0, 64 * ExtentBytes, new Extent(Start + 144 * ExtentBytes, 32 * ExtentBytes), new Striping(2, 65536), 1),
            ], nested["logical volume rescue/s"].Pieces);
    }

    [Theory]
    [InlineData("type = \"striped\"", "type = \"stryped\"", "stryped")]
    [InlineData("pe_count = 376", "pe_count = 476", "do not fit")]
    [InlineData("\"pv0\", 48\n", "\"pv0\", 47\n", "the same extents")]
    [InlineData("\"pv0\", 224\n", "\"pv0\", 364\n", "out of range")]
    [InlineData("physical_volumes {", "physical_volumez {", "no volume group")]
    [InlineData("seqno = ", "seqno = [", "lacks a ','")]
    [InlineData("extent_size = 512", "extent_size = 000", "do not fit")]
    public void What_its_metadata_say_wrong_leaves_it_whole(string text, string instead, string reason)
    {
        Rewrite(metadata => metadata.Replace(text, instead, StringComparison.Ordinal));
        var content = Read();
        Assert.Null(content.Map);
        Assert.Contains(reason, content.WholeReason, StringComparison.Ordinal);
        Assert.Empty(content.Nested);
    }

    /// <summary>What is free in an origin may be what a snapshot still needs; what others are made of holds no file system by itself.</summary>
    [Theory]
    [InlineData("origin = \"b\"")]
    [InlineData("cow_store = \"b\"")]
    [InlineData("merging_store = \"b\"")]
    [InlineData("external_origin = \"b\"")]
    [InlineData("raids = [\"b\", \"b\"]")]
    public void A_logical_volume_that_another_one_needs_is_not_looked_into(string use)
    {
        // Of the same length, in place of the options of a segment of another volume.
        Rewrite(metadata =>
        {
            var at = metadata.LastIndexOf("stripe_count", StringComparison.Ordinal);
            return metadata.Insert(at, use + "\n");
        });
        var nested = Read().Nested.Select(volume => volume.Name).ToList();
        Assert.Contains("logical volume rescue/a", nested);
        Assert.DoesNotContain("logical volume rescue/b", nested);
    }

    [Fact]
    public void Two_areas_that_differ_leave_it_whole()
    {
        Rewrite(metadata => metadata.Replace("seqno = ", "seqno = 9", StringComparison.Ordinal), firstAreaAlone: true);
        var content = Read();
        Assert.Null(content.Map);
        Assert.Contains("two metadata areas", content.WholeReason, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_structures_never_break_the_reader_or_lose_a_used_block()
    {
        var whole = new Extent(0, _volume.Length);
        var used = Read().Map!.UsedIn(whole);
        var areas = LvmLabel.Read(_volume, LvmLabel.Find(_volume)!.Value).MetadataAreas;
        List<Extent> structures = [new(SectorSize, 160), .. areas.SelectMany(area => new[] { new Extent(area.Offset, 80), TextIn(area) })];
        var isRepaired = false;
        var (file, mapped, asked) = (_folder.File("volume"), 0, 0);
        var bytes = new byte[_volume.Length];
        _volume.Read(0, bytes);
        File.WriteAllBytes(file, bytes);
        var outcome = MutationFuzz.Run(new LvmReader(), _volume, structures, TestScale.Of(100_000), seed: 5,
            repair: (overlay, random) =>
            {
                isRepaired = random.Next(2) == 0;
                if (isRepaired) RepairChecksums(overlay, areas);
            },
            check: (overlay, content) =>
            {
                if (content.Map is not null && mapped++ % TestScale.Of(200) == 0)
                {
                    var damaged = SparseFile.Copy(file, _folder.File("damaged"));
                    overlay.ApplyTo(damaged);
                    Tool.Must("pvck", "--dump", "headers", damaged); // fails where it finds fault with one of them
                    asked++;
                }
                // Metadata with right checksums are what LVM itself goes by.
                if (isRepaired || content.Map is not { } map) return;
                var missing = used.Except(map.UsedIn(whole));
                Assert.True(missing.IsEmpty, $"used blocks are missing: {missing}");
            });
        Assert.True(outcome is { Whole: > 1000, Mapped: > 100 } && asked > 50, $"{outcome}, {asked} asked");
    }

    private VolumeContent Read() => new LvmReader().Read(_volume, new AllocationOptions())!;

    private Extent TextIn(Extent area)
    {
        var header = new byte[SectorSize];
        _volume.Read(area.Offset, header);
        return new Extent(area.Offset + BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(40)), BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(48)));
    }

    /// <summary>Other metadata in both areas, with right checksums.</summary>
    private void Rewrite(Func<string, string> change, bool firstAreaAlone = false)
    {
        foreach (var area in LvmLabel.Read(_volume, LvmLabel.Find(_volume)!.Value).MetadataAreas)
        {
            var place = TextIn(area);
            var old = new byte[place.Length];
            _volume.Read(place.Offset, old);
            var text = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(old)));
            Assert.NotEqual(old, text);
            _volume.Write(place.Offset, text);
            var field = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(field, text.Length);
            _volume.Write(area.Offset + 48, field);
            var overlay = new OverlaySource(_volume);
            RepairChecksums(overlay, [area]);
            var header = new byte[SectorSize];
            overlay.Read(area.Offset, header);
            _volume.Write(area.Offset, header);
            if (firstAreaAlone) return;
        }
    }

    private static void RepairChecksums(OverlaySource overlay, IReadOnlyList<Extent> areas)
    {
        var label = new byte[SectorSize];
        overlay.Read(SectorSize, label);
        Patch(overlay, SectorSize + 16, LvmChecksum.Of(label.AsSpan(20)));
        foreach (var area in areas)
        {
            var header = new byte[SectorSize];
            overlay.Read(area.Offset, header);
            var (offset, length) = (BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(40)), BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(48)));
            if (offset < (ulong)area.Length && length <= (ulong)area.Length - offset)
            {
                var text = new byte[length];
                overlay.Read(area.Offset + (long)offset, text);
                Patch(overlay, area.Offset + 56, LvmChecksum.Of(text));
            }
            overlay.Read(area.Offset, header);
            Patch(overlay, area.Offset, LvmChecksum.Of(header.AsSpan(4)));
        }
    }

    private static void Patch(OverlaySource overlay, long at, uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        overlay.Patch(at, bytes);
    }
}
