using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;
using Xunit.Abstractions;

namespace RescueKit.FileSystems.Tests.Ntfs;

/// <summary>Damaged metadata of every kind: the reader stays bounded and never maps less than the tools of ntfs-3g read.</summary>
public sealed class NtfsMutationTests(ITestOutputHelper output) : IDisposable
{
    private const int Length = 5 << 20;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Damaged_metadata_never_breaks_the_reader(int seed)
    {
        var path = Make(fragmented: seed == 2).Path;
        var image = MemoryDisk.FromBytes(File.ReadAllBytes(path));
        var (metadata, mirrored, mirror) = Metadata(path);
        var outcome = MutationFuzz.Run(new NtfsReader(), image, metadata, TestScale.OfMany(50_000), seed, repair: (overlay, random) =>
        {
            // The mirror would catch every change of the first records: two times in three it follows them.
            if (random.Next(3) == 0) return;
            var records = new byte[mirrored.Length];
            overlay.Read(mirrored.Offset, records);
            overlay.Patch(mirror, records);
        });
        output.WriteLine($"{outcome}");
        Assert.True(outcome.Whole > 1000, $"{outcome}");
        Assert.True(outcome.Mapped > 1000, $"{outcome}");
        Assert.True(outcome.Unrecognised > 10, $"{outcome}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_the_tools_reject_the_volume_is_whole_and_where_they_read_the_map_covers_their_bitmap(bool fragmented)
    {
        var original = Make(fragmented).Path;
        var image = MemoryDisk.FromBytes(File.ReadAllBytes(original));
        var (metadata, mirrored, mirror) = Metadata(original);
        var random = new Random(fragmented ? 77 : 78);
        var mutator = new Mutator(image, metadata, random);
        var mutant = _folder.File("mutant");
        var contradictions = new Contradictions();
        int rejected = 0, covered = 0;
        for (var i = 0; i < TestScale.Of(60); i++)
        {
            var overlay = new OverlaySource(image);
            var what = mutator.Mutate(overlay);
            if (random.Next(2) == 0)
            {
                var records = new byte[mirrored.Length];
                overlay.Read(mirrored.Offset, records);
                overlay.Patch(mirror, records);
                what += "; mirrored";
            }
            var bytes = new byte[Length];
            overlay.Read(0, bytes);
            File.WriteAllBytes(mutant, bytes);
            var content = VolumeProbe.Read(overlay, new AllocationOptions());
            MapAssert.WellFormed(content, Length);

            var tool = Ask(mutant);
            if (!tool.Ok)
            {
                rejected++;
                if (content.Map is not null) contradictions.Add($"case {i}: {what}: has a map, but {tool.Everything}");
            }
            else if (content.Map is { } map && Tool.Run("sh", "-c", "ntfscat -f -i 6 \"$1\" > \"$1.bitmap\"", "sh", mutant).Ok)
            {
                covered++;
                var used = UsedByTool(File.ReadAllBytes(mutant + ".bitmap"), content.BlockSize);
                var missing = used.Except(map.UsedIn(new Extent(0, Length)));
                if (!missing.IsEmpty) contradictions.Add($"case {i}: {what}: the map leaves out {missing}");
            }
        }
        output.WriteLine($"{rejected} rejected, {covered} covered");
        contradictions.AssertNone();
        Assert.True(rejected > 3 && covered > 3, $"{rejected} rejected, {covered} covered: the damage misses the structures");
    }

    /// <summary>ntfsinfo's verdict. Over a size of 2^48 bytes it reads zeros for ever: what it does not come to the end of it has not read.</summary>
    private static ToolResult Ask(string path)
    {
        var request = new ToolRequest("ntfsinfo", ["-m", path]) { Limit = TimeSpan.FromMinutes(1) };
        try
        {
            return Tool.Run(request);
        }
        catch (ToolFailedException e)
        {
            return new ToolResult(request.Program, -1, "", e.Message);
        }
    }

    private NtfsImage Make(bool fragmented)
    {
        var image = NtfsImage.Make(_folder.File("volume"), Length, "-c", "512");
        image.Fill(4, 10, 60_000);
        image.Put("hiberfil.sys", [.. "wake"u8, .. new byte[9000]]);
        using var editor = new NtfsEditor(image.Path);
        if (fragmented)
        {
            NtfsFragmenter.ScatterBitmap(editor);
            NtfsFragmenter.SplitOverRecords(editor, SystemRecord.Bitmap, kept: 1, runsEach: 2);
            NtfsFragmenter.SplitOverRecords(editor, SystemRecord.Mft, kept: editor.Mft.Data.Runs[0].Length - 3, runsEach: 8);
        }
        var log = editor.Mft.Open(SystemRecord.LogFile).OpenData().DataSize;
        RestartPages.Write(editor, RestartPages.Page(log, 10, open: false, 0, (1, 1)), RestartPages.Page(log, 9, open: true, 2, (1, 1)));
        return image;
    }

    /// <summary>Where the deciding structures lie; those met first come as pieces of their own, so that each is hit often.</summary>
    private static (IReadOnlyList<Extent> All, Extent Mirrored, long Mirror) Metadata(string path)
    {
        using var editor = new NtfsEditor(path);
        var (boot, mft) = (editor.Boot, editor.Mft);
        var all = new List<Extent> { new(0, 0x54), new(0, NtfsBootSector.Size) };
        var table = boot.MftCluster * boot.ClusterSize;
        // Of each record the part in use; the first ones twice.
        for (var number = 0L; number < mft.Data.DataSize / boot.MftRecordSize; number++)
        {
            if (mft.Data.Runs[0].Length * boot.ClusterSize < (number + 1) * boot.MftRecordSize) break;
            MftRecord record;
            try
            {
                record = mft.Read(number);
            }
            catch (MalformedException)
            {
                continue; // never used so far
            }
            if (record.IsInUse) all.Add(new Extent(table + number * boot.MftRecordSize, record.Used.Length));
            if (number <= SystemRecord.Boot) all.Add(all[^1]);
        }
        all.AddRange(mft.Open(SystemRecord.RootDirectory).OpenStream(AttributeType.IndexAllocation, "$I30")!.Extents());
        var bitmap = mft.Open(SystemRecord.Bitmap).OpenData().Extents();
        all.AddRange([bitmap[0], bitmap[^1]]);
        var log = mft.Open(SystemRecord.LogFile).OpenData().Extents()[0].Offset;
        all.AddRange([new Extent(log, 0x80), new Extent(log + RestartPages.PageSize, 0x80)]);
        return (all, new Extent(table, 4L * boot.MftRecordSize), boot.MftMirrorCluster * boot.ClusterSize);
    }

    private static ExtentSet UsedByTool(byte[] bitmap, int clusterSize)
    {
        var used = new ExtentSetBuilder();
        for (var cluster = 0L; cluster < Length / clusterSize && cluster / 8 < bitmap.Length; cluster++)
            if ((bitmap[cluster / 8] >> (int)(cluster % 8) & 1) != 0) used.Add(cluster * clusterSize, clusterSize);
        return used.ToSet();
    }
}
