using RescueKit.FileSystems.Fat;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Fat;

public sealed class FatContractTests : AllocationReaderContract, IDisposable
{
    private static readonly string[] Chosen = ["floppy", "fat12-1-fat", "fat16-odd-reserved", "fat32-512", "fat32-2048-sectors"];
    private readonly TempFolder _temp = new();

    public FatContractTests()
    {
        var files = _temp.Folder("files");
        Corpus.Make(files, seed: 21, new CorpusOptions { TotalBytes = 400_000, LargestFile = 60_000, SymbolicLinks = false, HardLinks = false, SparseFiles = false });
        var paths = Chosen.Select(name =>
        {
            var volume = FatVolume.Make(_temp, FatShape.Named(name));
            volume.CopyIn(files);
            return new AllocationFixture(name, () => new FileSource(volume.Path));
        });
        Fixtures = [.. paths];
    }

    protected override IAllocationReader Reader { get; } = new FatReader();
    protected override IReadOnlyList<AllocationFixture> Fixtures { get; }

    public void Dispose() => _temp.Dispose();
}
