using System.Buffers.Binary;
using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ntfs;

/// <summary>
/// Ways for $Bitmap to lie on the volume that mkntfs does not make: inside its record, not written to its end, packed. Edited by hand into
/// volumes of mkntfs, as no volume made by Windows can be had here.
/// </summary>
public sealed class NtfsBitmapTests : IDisposable
{
    private const long Tiny = 1536 << 10;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_bitmap_inside_its_record_is_read_there()
    {
        var image = NtfsImage.Make(_folder.File("volume"), Tiny, "-c", "512");
        image.Put("file", Corpus.Content(new Random(1), 50_000));
        using (var editor = new NtfsEditor(image.Path))
        {
            var stream = editor.Mft.Open(SystemRecord.Bitmap).OpenData();
            var bits = stream.ReadAll(1 << 16);
            foreach (var extent in stream.Extents())
            {
                for (var cluster = extent.Offset / 512; cluster < extent.End / 512; cluster++) bits[cluster / 8] &= (byte)~(1 << (int)(cluster % 8));
            }
            editor.Edit(SystemRecord.Bitmap, record => NtfsEditor.WithAttributes(record, NtfsEditor.Attributes(record).Select(a => IsData(a) ? Resident(a, bits) : a)));
            Assert.True(editor.Mft.Open(SystemRecord.Bitmap).OpenData().IsResident);
        }
        image.Check();
        var content = Read(image);
        Assert.Null(content.WholeReason);
        MapAssert.WellFormed(content, Tiny);
        var (used, total) = image.CountedByNtfsInfo();
        Assert.Equal(used * 512 + Tiny - total * 512, content.Map!.UsedBytes);
    }

    /// <summary>Drivers read zeros there, which would be free clusters; nothing on the volume proves them free.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(1)]
    [InlineData(0)]
    public void Clusters_behind_the_initialised_part_of_the_bitmap_count_as_used(int initialised)
    {
        var image = NtfsImage.Make(_folder.File("volume"), Tiny, "-c", "512");
        image.Put("file", Corpus.Content(new Random(1), 50_000));
        var whole = new Extent(0, Tiny);
        var before = Read(image).Map!.UsedIn(whole);
        EditBitmap(image, data => BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(0x38), initialised));
        Tool.Must("ntfsinfo", "-m", image.Path);
        var content = Read(image);
        Assert.Null(content.WholeReason);
        MapAssert.WellFormed(content, Tiny);
        Assert.Equal(before.Union(ExtentSet.Of(Extent.FromTo(initialised * 8L * 512, Tiny))), content.Map!.UsedIn(whole));
        Assert.True(content.Map.UsedBytes > before.TotalLength);
    }

    [Theory]
    [InlineData(0x0001, 0x0800u)] // compressed
    [InlineData(0x8000, 0x0200u)] // sparse
    [InlineData(0x4000, 0x4000u)] // encrypted
    public void A_bitmap_that_does_not_lie_plainly_is_not_believed(int flags, uint ofTheFile)
    {
        var image = NtfsImage.Make(_folder.File("volume"), Tiny, "-c", "512");
        EditBitmap(image, data => BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(0x0C), (ushort)flags));
        using (var editor = new NtfsEditor(image.Path)) editor.EditValue(SystemRecord.Bitmap, AttributeType.StandardInformation, 0x20, BitConverter.GetBytes(ofTheFile));
        var content = Read(image);
        Assert.Null(content.Map);
        Assert.Null(content.UncleanMap);
        Assert.Contains("sparse, compressed or encrypted", content.WholeReason);
    }

    [Fact]
    public void A_bitmap_shorter_than_the_volume_is_not_believed()
    {
        var image = NtfsImage.Make(_folder.File("volume"), Tiny, "-c", "512");
        EditBitmap(image, data =>
        {
            BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(0x30), Tiny / 512 / 8 - 8);
            BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(0x38), Tiny / 512 / 8 - 8);
        });
        Assert.Contains("too few", Read(image).WholeReason);
    }

    /// <summary>The limit that <see cref="NtfsReader"/> states: ntfsresize, which walks all files, sees it; the bitmap alone does not show it.</summary>
    [Fact]
    public void A_bitmap_that_frees_a_file_is_believed_unless_the_file_is_the_systems()
    {
        var image = NtfsImage.Make(_folder.File("volume"), Tiny, "-c", "512");
        image.Put("file", Corpus.Content(new Random(1), 50_000));
        var before = Read(image).Map!.UsedBytes;
        using (var editor = new NtfsEditor(image.Path))
        {
            var (_, reference) = RootDirectory.Find(editor.Mft, ["file"]).Single();
            Free(editor, editor.Mft.Open(MasterFileTable.Split(reference).Number).OpenData().Extents()[0].Offset / 512);
        }
        Assert.Contains("in $Bitmap", Tool.Run("ntfsresize", "--info", "--force", "--no-progress-bar", image.Path).Everything, StringComparison.Ordinal);
        Assert.Equal(before - 512, Read(image).Map!.UsedBytes);
        using (var editor = new NtfsEditor(image.Path)) Free(editor, editor.Mft.Open(SystemRecord.AttributeDefinitions).OpenData().Extents()[0].Offset / 512);
        Assert.Contains("calls clusters of $AttrDef free", Read(image).WholeReason);
    }

    private static void Free(NtfsEditor editor, long cluster)
    {
        var stream = editor.Mft.Open(SystemRecord.Bitmap).OpenData();
        var bits = stream.ReadAll(1 << 16);
        bits[cluster / 8] &= (byte)~(1 << (int)(cluster % 8));
        editor.Write(stream, 0, bits);
    }

    private static bool IsData(byte[] attribute) => BinaryPrimitives.ReadUInt32LittleEndian(attribute) == AttributeType.Data;

    private static byte[] Resident(byte[] old, byte[] value)
    {
        const int Header = 0x18;
        var attribute = new byte[Header + ((value.Length + 7) & ~7)];
        BinaryPrimitives.WriteUInt32LittleEndian(attribute, AttributeType.Data);
        BinaryPrimitives.WriteInt32LittleEndian(attribute.AsSpan(4), attribute.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(0x0A), Header);
        old.AsSpan(0x0E, 2).CopyTo(attribute.AsSpan(0x0E));
        BinaryPrimitives.WriteInt32LittleEndian(attribute.AsSpan(0x10), value.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(0x14), Header);
        value.CopyTo(attribute, Header);
        return attribute;
    }

    private static void EditBitmap(NtfsImage image, Action<byte[]> edit)
    {
        using var editor = new NtfsEditor(image.Path);
        editor.Edit(SystemRecord.Bitmap, record =>
        {
            var attributes = NtfsEditor.Attributes(record);
            edit(attributes.Single(IsData));
            return NtfsEditor.WithAttributes(record, attributes);
        });
    }

    private static VolumeContent Read(NtfsImage image) =>
        new NtfsReader().Read(MemoryDisk.FromBytes(File.ReadAllBytes(image.Path)), new AllocationOptions())!;
}
