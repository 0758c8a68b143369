using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using RescueKit.FileSystems.Swap;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Swap;

public sealed class SwapReaderTests : IDisposable
{
    private const long Length = 4 << 20;
    private static readonly AllocationOptions Options = new();
    private readonly TempFolder _temp = new();

    [Theory]
    [InlineData(4096)]
    [InlineData(8192)]
    [InlineData(16384)]
    [InlineData(65536)]
    public void Only_the_header_page_and_the_rest_behind_the_last_page_are_kept(int page)
    {
        var content = Read(MakeSwap(page, Length + 1536));
        Assert.Equal("swap", content.Type);
        Assert.Equal("RESCUESWAP", content.Label);
        Assert.Equal("01234567-89ab-cdef-0123-456789abcdef", content.Uuid);
        Assert.False(content.Hibernated);
        Assert.Equal(page, content.BlockSize);
        Assert.Equal(Length, content.ClaimedLength);
        Assert.Equal(ExtentSet.Of(new Extent(0, page), new Extent(Length, 1536)), content.Map!.UsedIn(new Extent(0, Length + 1536)));
        MapAssert.WellFormed(content, Length + 1536);
    }

    [Fact]
    public void Restored_from_its_map_it_is_the_same_swap_area_to_blkid()
    {
        var path = MakeSwap(4096, Length);
        var before = Tool.Must("blkid", "-p", "-o", "export", path).Output.Replace(path, "", StringComparison.Ordinal);
        var restored = _temp.File("restored.img");
        using (var source = new FileSource(path))
        {
            MaskedCopy.OntoRandomBytes(source, Read(path).Map!.UsedIn(new Extent(0, Length)), restored, seed: 1);
        }
        Assert.Equal(before, Tool.Must("blkid", "-p", "-o", "export", restored).Output.Replace(restored, "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("S1SUSPEND\0")]
    [InlineData("S2SUSPEND\0")]
    [InlineData("ULSUSPEND\0")]
    [InlineData("LINHIB0001")]
    public void A_hibernated_system_is_kept_whole(string signature)
    {
        var disk = MemoryDisk.FromBytes(File.ReadAllBytes(MakeSwap(4096, Length)));
        disk.Write(4096 - 10, Encoding.ASCII.GetBytes(signature));
        AssertHibernated(disk);
    }

    [Fact]
    public void A_system_hibernated_by_TuxOnIce_is_kept_whole()
    {
        var disk = MemoryDisk.FromBytes(File.ReadAllBytes(MakeSwap(4096, Length)));
        disk.Write(0, [0xED, 0xC3, 0x02, 0xE9, 0x98, 0x56, 0xE5, 0x0C]);
        AssertHibernated(disk);
    }

    [Theory]
    [InlineData(1024, 2u, "version")]
    [InlineData(1028, 0u, "claims")]
    [InlineData(1028, (uint)(Length / 4096), "claims")]
    [InlineData(1028, uint.MaxValue, "claims")]
    [InlineData(1032, 638u, "bad pages")]
    [InlineData(1032, uint.MaxValue, "bad pages")]
    [InlineData(1080, 0xEF53u, "more than")]
    [InlineData(2048, 1u, "more than")]
    [InlineData(4080, 1u, "more than")]
    public void A_header_that_contradicts_itself_is_kept_whole(int offset, uint value, string word)
    {
        var disk = MemoryDisk.FromBytes(File.ReadAllBytes(MakeSwap(4096, Length)));
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        disk.Write(offset, bytes);
        var content = new SwapReader().Read(disk, Options);
        Assert.Null(content!.Map);
        Assert.Contains(word, content.WholeReason);
    }

    [Fact]
    public void Swap_of_the_old_version_is_kept_whole()
    {
        var disk = MemoryDisk.FromBytes(File.ReadAllBytes(MakeSwap(4096, Length)));
        disk.Write(4096 - 10, "SWAP-SPACE"u8);
        Assert.Null(new SwapReader().Read(disk, Options)!.Map);
    }

    public void Dispose() => _temp.Dispose();

    private static void AssertHibernated(MemoryDisk disk)
    {
        var content = new SwapReader().Read(disk, Options)!;
        Assert.True(content.Hibernated);
        Assert.True(content.Unclean);
        Assert.Null(content.Map);
        Assert.Null(content.UncleanMap);
        Assert.Equal("RESCUESWAP", content.Label);
    }

    private static VolumeContent Read(string path)
    {
        using var source = new FileSource(path);
        return new SwapReader().Read(source, Options)!;
    }

    private string MakeSwap(int page, long length)
    {
        var path = SparseFile.Create(_temp.File($"swap-{page}-{length}.img"), length);
        Tool.Must("mkswap", "-L", "RESCUESWAP", "-U", "01234567-89ab-cdef-0123-456789abcdef", "-p", page.ToString(CultureInfo.InvariantCulture), path);
        return path;
    }
}
