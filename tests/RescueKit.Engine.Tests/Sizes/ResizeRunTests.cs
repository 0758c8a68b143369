using RescueKit.Engine.Sizes;
using RescueKit.Engine.Transfers;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests.Sizes;

public sealed class ResizeRunTests : IDisposable
{
    private const long MiB = 1 << 20;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_source_that_is_written_to_meanwhile_leaves_nothing_that_could_be_mounted(bool isWrittenTo)
    {
        var file = SparseFile.Create(_folder.File("ext4"), 64 * MiB);
        Tool.Must("mke2fs", "-q", "-t", "ext4", file);
        var source = MemoryDisk.FromBytes(File.ReadAllBytes(file));
        var target = new MemoryDisk(40 * MiB);
        // Behind what is copied: of the source's checks none but that of the disk itself sees it.
        var tools = new Shrinker(() => source.Write(63 * MiB + 12_288, isWrittenTo ? [1, 2, 3, 4] : [0]));
        using var run = new ResizeRun(
            new DiskToResize(source), TargetAccess.Existing("target", target, Bench.Confirm), Bench.CloneRequest with { Shrink = new ShrinkRequest(tools, _folder.FullPath) }, Bench.Resources, default);
        if (isWrittenTo)
        {
            var error = Assert.Throws<DeviceException>(() => run.Execute(Bench.Confirm, null, default));
            Assert.Contains("written to by something else", error.Message, StringComparison.Ordinal);
            Assert.Contains("incomplete", error.Message, StringComparison.Ordinal);
        }
        else
        {
            var receipt = run.Execute(Bench.Confirm, null, default);
            Assert.NotNull(receipt.SourceMetadataBefore);
            Assert.Equal(receipt.SourceMetadataBefore, receipt.SourceMetadataAfter);
        }
        var magic = new byte[2];
        target.Read(1024 + 0x38, magic);
        Assert.Equal(isWrittenTo ? [0, 0] : [0x53, 0xEF], magic);
    }

    /// <summary>Leaves the file system as long as it is: what comes of it is of no interest here.</summary>
    private sealed class Shrinker(Action shrink) : IDiskShrinker
    {
        public string? WhyNot(string fileSystem) => null;

        public long LeastLength(IBlockSource volume, string fileSystem, CancellationToken cancel) => 16 * MiB;

        public void Shrink(IBlockTarget volume, string fileSystem, long length, CancellationToken cancel) => shrink();

        public void MoveTable(string from, string onto, IReadOnlyDictionary<int, Extent> places) => throw new NotSupportedException();
    }
}
