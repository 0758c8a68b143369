using RescueKit.Agent.Import;
using RescueKit.Agent.Tools;
using RescueKit.Model;
using RescueKit.Testing.Disks;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Import;

/// <summary>Which files of a folder hold what, and that they are what their sums say.</summary>
public sealed class ImportFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a.aa,a.ab,a.info", "a.aa,a.ab")]
    [InlineData("a.aaa,a.aab,a.aac", "a.aaa,a.aab,a.aac")]
    [InlineData("ab,a.b", null)]
    public void Pieces_are_in_order(string there, string? found)
    {
        foreach (var name in there.Split(',')) File.WriteAllText(_folder.File(name), name);
        Assert.Equal(found, ImageParts.Find(Open(), "a") is { } parts ? string.Join(',', parts.Files) : null);
    }

    [Theory]
    [InlineData("a.ab,a.ac", "a.aa")]
    [InlineData("a.aa,a.ac", "a.ab")]
    public void A_piece_that_is_missing_is_named(string there, string missing)
    {
        foreach (var name in there.Split(',')) File.WriteAllText(_folder.File(name), name);
        Assert.Contains(missing, Assert.Throws<ImageDamagedException>(() => ImageParts.Find(Open(), "a")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x.ptcl-img.gz.ab", "x.ptcl-img.gz.aa,x.ptcl-img.gz.ab")]
    [InlineData("x.ptcl-img.gz", "x.ptcl-img.gz")]
    [InlineData("backup.pcl", "backup.pcl")]
    public void A_piece_is_found_with_the_others(string file, string all)
    {
        foreach (var name in all.Split(',')) File.WriteAllText(_folder.File(name), "");
        Assert.Equal(all, string.Join(',', ImageParts.Of(Open(), file).Files));
    }

    [Fact]
    public void Every_kind_of_sum_is_checked()
    {
        File.WriteAllText(_folder.File("sda-mbr"), "boot");
        File.WriteAllText(_folder.File("other"), "other");
        ClonezillaSave.AddSums(_folder.FullPath);
        Assert.Equal(["MD5SUMS", "SHA1SUMS", "B2SUMS"], Open().Sums.Lists);
        Assert.Equal("boot"u8.ToArray(), Open().Read("sda-mbr"));
        File.WriteAllText(_folder.File("sda-mbr"), "beet");
        foreach (var list in (string[])["MD5SUMS", "SHA1SUMS", "B2SUMS"])
        {
            Assert.Contains(list, Assert.Throws<ImageDamagedException>(() => Open().Read("sda-mbr")).Message, StringComparison.Ordinal);
            File.Delete(_folder.File(list));
        }
        Assert.Equal("beet"u8.ToArray(), Open().Read("sda-mbr"));
    }

    [Fact]
    public void Nothing_but_files_is_opened()
    {
        File.CreateSymbolicLink(_folder.File("link"), "/etc/hostname");
        Directory.CreateDirectory(_folder.File("folder"));
        Tool.Must("mkfifo", _folder.File("pipe"));
        Assert.Throws<ImageUnsupportedException>(() => Open().Open("link"));
        Assert.ThrowsAny<RescueKitException>(() => Open().Open("pipe"));
        Assert.ThrowsAny<Exception>(() => Open().Open("../etc/hostname"));
        Assert.Null(Open().Read("folder"));
    }

    private ImportFolder Open() => new(_folder.FullPath, new ToolRunner());
}
