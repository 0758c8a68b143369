using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ntfs;

/// <summary>System files in pieces. ntfsresize, which holds the bitmap against every run list, says first that the volume is right.</summary>
public sealed class NtfsFragmentationTests : IDisposable
{
    private const long Length = 24 << 20;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_bitmap_in_many_runs_is_read_through_them()
    {
        var image = Make();
        using (var editor = new NtfsEditor(image.Path))
        {
            NtfsFragmenter.ScatterBitmap(editor);
            Assert.InRange(editor.Mft.Open(SystemRecord.Bitmap).OpenData().Runs.Count, 10, 100);
        }
        AssertMatchesTools(image);
    }

    [Fact]
    public void A_bitmap_whose_run_list_is_spread_over_records_is_read_through_its_attribute_list()
    {
        var image = Make();
        using (var editor = new NtfsEditor(image.Path))
        {
            NtfsFragmenter.ScatterBitmap(editor);
            Assert.InRange(NtfsFragmenter.SplitOverRecords(editor, SystemRecord.Bitmap, kept: 2, runsEach: 3), 3, 30);
        }
        AssertMatchesTools(image);
    }

    [Fact]
    public void The_table_finds_its_own_extension_records()
    {
        var image = Make();
        using (var editor = new NtfsEditor(image.Path))
            Assert.Equal(1, NtfsFragmenter.SplitOverRecords(editor, SystemRecord.Mft, kept: editor.Mft.Data.Runs[0].Length - 3, runsEach: 8));
        AssertMatchesTools(image);
    }

    [Fact]
    public void A_page_file_in_pieces_over_records_is_left_out_in_whole()
    {
        var image = Make();
        image.Put("pagefile.sys", [.. Enumerable.Repeat((byte)0xA1, 500_000)]);
        using (var editor = new NtfsEditor(image.Path))
        {
            var (_, reference) = RootDirectory.Find(editor.Mft, ["pagefile.sys"]).Single();
            NtfsFragmenter.SplitOverRecords(editor, MasterFileTable.Split(reference).Number, kept: 7, runsEach: 2);
        }
        AssertMatchesTools(image);
        using var volume = new FileSource(image.Path);
        var content = new NtfsReader().Read(volume, new AllocationOptions(ExcludeWindowsSwap: true))!;
        Assert.Equal(500_000 / 512 * 512 + 512, content.Excluded.TotalLength);
    }

    [Fact]
    public void A_volume_grown_by_ntfsresize_has_the_map_of_its_new_size()
    {
        var image = Make();
        using (var file = File.OpenWrite(image.Path)) file.SetLength(60 << 20);
        Tool.Must("ntfsresize", "-f", "-f", "--no-progress-bar", image.Path);
        using (var volume = new FileSource(image.Path))
        {
            // It asks for a check at the next boot.
            var content = new NtfsReader().Read(volume, new AllocationOptions())!;
            Assert.True(content.Unclean);
            Assert.NotNull(content.UncleanMap);
        }
        Tool.Must("ntfsfix", "-d", image.Path);
        AssertMatchesTools(image);
    }

    [Fact]
    public void A_bitmap_with_a_hole_is_not_believed()
    {
        var image = Make();
        using (var editor = new NtfsEditor(image.Path))
        {
            NtfsFragmenter.ScatterBitmap(editor);
            editor.Edit(SystemRecord.Bitmap, record =>
            {
                // The second run without an offset: a hole. Its successor's offset then counts from the run before.
                var at = NtfsEditor.AttributeOffset(record, AttributeType.Data) + 0x40;
                at += 1 + (record[at] & 0xF) + (record[at] >> 4);
                var rest = record.AsSpan(at + 2 + (record[at] >> 4), 0x20).ToArray();
                record[at] = 0x01;
                rest.CopyTo(record, at + 2);
                return record;
            });
        }
        var content = new NtfsReader().Read(MemoryDisk.FromBytes(File.ReadAllBytes(image.Path)), new AllocationOptions())!;
        Assert.Null(content.Map);
    }

    private NtfsImage Make()
    {
        var image = NtfsImage.Make(_folder.File("volume"), Length, "-c", "512");
        image.Fill(8, 14, 200_000);
        return image;
    }

    private static void AssertMatchesTools(NtfsImage image)
    {
        image.Check();
        using var volume = new FileSource(image.Path);
        var content = new NtfsReader().Read(volume, new AllocationOptions())!;
        Assert.Null(content.WholeReason);
        MapAssert.WellFormed(content, volume.Length);
        var (used, total) = image.CountedByNtfsInfo();
        Assert.Equal(used * 512 + volume.Length - total * 512, content.Map!.UsedBytes);
    }
}
