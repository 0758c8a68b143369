using RescueKit.FileSystems.Ext;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ext;

[Collection(AloneTests.Name)]
public class ExtMemoryTests
{
    [Fact]
    public void A_sparse_8_TiB_file_system_is_read_in_little_memory()
    {
        using var folder = new TempFolder();
        var path = SparseFile.Create(folder.File("huge"), 8L << 40);
        Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", "-J", "size=4", "-i", "16777216", path);
        using var volume = new FileSource(path);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var content = new ExtReader().Read(volume, new AllocationOptions())!;
        Assert.True(content.Map is not null, content.WholeReason);
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(kept < 4 << 20, $"{kept} bytes are kept");
        var header = Tool.Must("dumpe2fs", "-h", path).Output;
        var free = long.Parse(header.Split('\n').Single(line => line.StartsWith("Free blocks:", StringComparison.Ordinal))[12..]);
        Assert.Equal(volume.Length - free * 4096, content.Map.UsedBytes);
    }
}
