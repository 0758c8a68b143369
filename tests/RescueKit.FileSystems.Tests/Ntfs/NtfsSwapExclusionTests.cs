using System.Buffers.Binary;
using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ntfs;

/// <summary>Page, swap and hibernation files: each is filled with a byte of its own, which shows whose clusters were left out.</summary>
public sealed class NtfsSwapExclusionTests : IDisposable
{
    private const int Length = 24 << 20;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    [InlineData(65536)]
    public void Contents_are_left_out_and_the_volume_stays_whole_without_them(int clusterSize)
    {
        var image = Make(clusterSize);
        var names = image.Fill(5, 10, 200_000);
        using var volume = new FileSource(image.Path);
        var all = new NtfsReader().Read(volume, new AllocationOptions())!;
        var content = Read(image);
        Assert.Empty(all.Excluded);
        Assert.Empty(content.Warnings);
        MapAssert.WellFormed(content, Length);

        var header = Math.Max(4096, clusterSize);
        Assert.Equal(header, content.ReadAsZero.TotalLength);
        Assert.Equal("wake"u8.ToArray(), Bytes(volume, content.ReadAsZero)[..4]);
        var clusters = new[] { 3_000_000, 1_000_000, 2_000_004 }.Sum(size => (size + clusterSize - 1) / clusterSize * (long)clusterSize);
        Assert.Equal(clusters - header, content.Excluded.TotalLength);
        var left = Bytes(volume, content.Excluded);
        Assert.Equal(3_000_000, left.Count(b => b == 0xA1));
        Assert.Equal(1_000_000, left.Count(b => b == 0xA2));
        Assert.Equal(2_000_004 - header, left.Count(b => b == 0xA3));
        Assert.Equal(all.Map!.UsedIn(new Extent(0, Length)).Except(content.Excluded), content.Map!.UsedIn(new Extent(0, Length)));

        var restored = image.CopyTo(_folder.File("restored"));
        MaskedCopy.OntoRandomBytes(volume, content.Map.UsedIn(new Extent(0, Length)), restored.Path, 9);
        using (var file = File.OpenWrite(restored.Path))
        {
            foreach (var extent in content.ReadAsZero)
            {
                file.Position = extent.Offset;
                file.Write(new byte[extent.Length]);
            }
        }
        restored.Check();
        foreach (var name in names) Assert.Equal(image.DigestOf(name), restored.DigestOf(name));
        Assert.Equal(0, Tool.Run("ntfs-3g.probe", "--readwrite", restored.Path).ExitCode);
    }

    [Theory]
    [InlineData(0x8000)]
    [InlineData(0x0001)]
    [InlineData(0x4000)]
    public void A_file_whose_bytes_do_not_lie_plainly_is_kept(int flags)
    {
        var image = Make(4096);
        using (var editor = new NtfsEditor(image.Path))
        {
            var (_, reference) = RootDirectory.Find(editor.Mft, ["pagefile.sys"]).Single();
            editor.Edit(MasterFileTable.Split(reference).Number, record =>
            {
                BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(NtfsEditor.AttributeOffset(record, AttributeType.Data) + 0x0C), (ushort)flags);
                return record;
            });
        }
        var content = Read(image);
        Assert.Contains("pagefile.sys", Assert.Single(content.Warnings));
        using var volume = new FileSource(image.Path);
        Assert.DoesNotContain((byte)0xA1, Bytes(volume, content.Excluded));
        Assert.NotEmpty(content.Excluded);
    }

    [Fact]
    public void A_swap_file_that_claims_clusters_of_the_system_makes_the_volume_whole()
    {
        var image = Make(4096);
        using (var editor = new NtfsEditor(image.Path))
        {
            var (_, reference) = RootDirectory.Find(editor.Mft, ["pagefile.sys"]).Single();
            editor.Edit(MasterFileTable.Split(reference).Number, record =>
            {
                var at = NtfsEditor.AttributeOffset(record, AttributeType.Data);
                var clusters = BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(at + 0x18)) + 1;
                // One run from cluster 1 on: it covers $MFT.
                byte[] pairs = [0x12, (byte)clusters, (byte)(clusters >> 8), 1, 0];
                pairs.CopyTo(record, at + BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(at + 0x20)));
                return record;
            });
        }
        var content = Read(image);
        Assert.Null(content.Map);
        Assert.Empty(content.Excluded);
        Assert.Contains("shares clusters", content.WholeReason);
    }

    [Fact]
    public void A_dirty_volume_keeps_its_swap_files_and_says_so()
    {
        var image = Make(4096);
        Tool.Must("ntfsfix", image.Path);
        var content = Read(image);
        Assert.Empty(content.Excluded);
        Assert.Single(content.Warnings);
        Assert.NotNull(content.UncleanMap);
    }

    [Fact]
    public void Files_of_these_names_in_other_folders_or_longer_names_stay()
    {
        var image = NtfsImage.Make(_folder.File("volume"), Length);
        image.Put("pagefile.sys.bak", Filled(500_000, 0xA1));
        image.Put("mypagefile.sys", Filled(500_000, 0xA1));
        Assert.Empty(Read(image).Excluded);
    }

    private NtfsImage Make(int clusterSize)
    {
        var image = NtfsImage.Make(_folder.File("volume"), Length, "-c", $"{clusterSize}");
        image.Put("pagefile.sys", Filled(3_000_000, 0xA1));
        image.Put("SwapFile.sys", Filled(1_000_000, 0xA2));
        image.Put("hiberfil.sys", [.. "wake"u8, .. Filled(2_000_000, 0xA3)]);
        return image;
    }

    private static byte[] Filled(int size, byte value)
    {
        var bytes = new byte[size];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    private static VolumeContent Read(NtfsImage image) =>
        new NtfsReader().Read(MemoryDisk.FromBytes(File.ReadAllBytes(image.Path)), new AllocationOptions(ExcludeWindowsSwap: true))!;

    private static byte[] Bytes(FileSource volume, ExtentSet extents)
    {
        var bytes = new byte[extents.TotalLength];
        var at = 0;
        foreach (var extent in extents)
        {
            volume.Read(extent.Offset, bytes.AsSpan(at, (int)extent.Length));
            at += (int)extent.Length;
        }
        return bytes;
    }
}
