using System.IO.Compression;
using RescueKit.FileSystems.Recognition;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Recognition;

/// <summary>Volumes made by their own tools are called what blkid calls them.</summary>
public sealed class RecognitionTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public static TheoryData<string> Heads() =>
        [.. Directory.GetFiles(Fixture.FullPath("heads"), "*.gz").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Heads))]
    public void A_kept_head_is_named_as_blkid_names_it(string name)
    {
        var path = _temp.File(name);
        using (var file = File.Create(path))
        {
            using var packed = new GZipStream(File.OpenRead(Fixture.FullPath($"heads/{name}.gz")), CompressionMode.Decompress);
            packed.CopyTo(file);
            file.SetLength(64 << 20);
        }
        var content = Blkid.AssertSame(path);
        Assert.Equal(name == "bcache", content.IsSetMember);
    }

    [Fact]
    public void Btrfs_of_several_devices_is_a_member_of_a_set()
    {
        var (alone, first, second) = (Sparse("alone"), Sparse("first"), Sparse("second"));
        Tool.Must("mkfs.btrfs", "-q", "-L", "label", alone);
        Tool.Must("mkfs.btrfs", "-q", "-L", "label", first, second);
        Assert.Null(Member(alone));
        Assert.Equal("btrfs", Member(first));
        Assert.Equal("btrfs", Member(second));

        string Sparse(string name) => SparseFile.Create(_temp.File(name), 120 << 20);
        string? Member(string path)
        {
            using var source = new FileSource(path);
            Assert.Equal(path != alone, VolumeProbe.Read(source, new AllocationOptions()).IsSetMember);
            return SetMembership.Find(source);
        }
    }

    [Fact]
    public void F2FS_is_named()
    {
        var path = SparseFile.Create(_temp.File("f2fs"), 64 << 20);
        Tool.Must("mkfs.f2fs", "-q", "-l", "label", path);
        Assert.Equal("label", Blkid.AssertSame(path).Label);
    }

    [Theory]
    [InlineData("luks1", 8)]
    [InlineData("luks2", 20)]
    public void LUKS_is_named_even_over_an_older_file_system(string type, int mebi)
    {
        var path = SparseFile.Create(_temp.File(type), (long)mebi << 20);
        Tool.Must("mkfs.fat", path);
        string[] label = type == "luks2" ? ["--label", "label"] : [];
        Tool.Must(new ToolRequest("cryptsetup",
            ["luksFormat", "-q", "--type", type, "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", .. label, path, "-"])
        { Input = "pass" });
        var content = Blkid.AssertSame(path);
        Assert.Equal(type.ToUpperInvariant(), content.Type);
        Assert.NotNull(content.Uuid);
        Assert.False(content.IsSetMember);
    }

    [Fact]
    public void LUKS2_that_lost_its_first_header_is_named()
    {
        var path = SparseFile.Create(_temp.File("luks2"), 20 << 20);
        Tool.Must(new ToolRequest("cryptsetup",
            ["luksFormat", "-q", "--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", path, "-"])
        { Input = "pass" });
        using (var file = new FileStream(path, FileMode.Open)) file.Write(new byte[4096]);
        Assert.Equal("LUKS2", Blkid.AssertSame(path).Type);
    }

    [Fact]
    public void A_file_system_goes_before_a_second_LUKS_header_left_behind()
    {
        var path = SparseFile.Create(_temp.File("stale"), 20 << 20);
        Tool.Must("mkfs.fat", "-F", "16", path);
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.Position = 0x400000;
            file.Write([(byte)'S', (byte)'K', (byte)'U', (byte)'L', 0xBA, 0xBE]);
        }
        using var source = new FileSource(path);
        Assert.NotNull(VolumeProbe.Read(source, new AllocationOptions()).Map);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(511)]
    [InlineData(4096)]
    [InlineData(300 << 10)]
    [InlineData(65 << 20)]
    public void Nothing_is_recognised_in_zeros_or_noise(int length)
    {
        using var zeros = new MemoryDisk(length);
        Assert.Null(new RecognitionReader().Read(zeros, new AllocationOptions()));
        Assert.Null(new WeakRecognitionReader().Read(zeros, new AllocationOptions()));
        Assert.Null(SetMembership.Find(zeros));
        var bytes = new byte[length];
        new Random(5).NextBytes(bytes);
        using var noise = MemoryDisk.FromBytes(bytes);
        Assert.Null(new RecognitionReader().Read(noise, new AllocationOptions()));
        Assert.Null(new WeakRecognitionReader().Read(noise, new AllocationOptions()));
        Assert.Null(SetMembership.Find(noise));
    }

    public void Dispose() => _temp.Dispose();
}
