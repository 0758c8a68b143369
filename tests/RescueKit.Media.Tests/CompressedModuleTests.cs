using RescueKit.Media.Kernel;
using RescueKit.Testing.Tools;

namespace RescueKit.Media.Tests;

/// <summary>Modules as other distributions keep them, compressed by the real programs.</summary>
public sealed class CompressedModuleTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("xz", ".xz", "--check=crc32")]
    [InlineData("zstd", ".zst", "--rm")]
    [InlineData("gzip", ".gz", "--best")]
    public void A_module_lies_plain_on_the_media(string program, string ending, string option)
    {
        var module = Path.Combine(_folder.Folder("fs"), "ext4.ko");
        var content = Enumerable.Range(0, 100_000).Select(i => (byte)(i * i >> 3)).ToArray();
        File.WriteAllBytes(module, content);
        Tool.Must(program, "-q", option, module);
        Assert.Equal([module + ending], Directory.GetFiles(_folder.Folder("fs")));

        CompressedModules.Unpack(_folder.FullPath);
        Assert.Equal([module], Directory.GetFiles(_folder.Folder("fs")));
        Assert.Equal(content, File.ReadAllBytes(module));
        Assert.Equal("fs/ext4.ko", CompressedModules.PlainName("fs/ext4.ko" + ending));
    }

    [Fact]
    public void A_plain_module_stays_as_it_is()
    {
        File.WriteAllText(_folder.File("loop.ko"), "module");
        CompressedModules.Unpack(_folder.FullPath);
        Assert.Equal("module", File.ReadAllText(_folder.File("loop.ko")));
        Assert.Equal("kernel/loop.ko", CompressedModules.PlainName("kernel/loop.ko"));
    }
}
