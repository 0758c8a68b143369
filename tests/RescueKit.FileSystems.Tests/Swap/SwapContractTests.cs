using RescueKit.FileSystems.Swap;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Swap;

public sealed class SwapContractTests : AllocationReaderContract, IDisposable
{
    private readonly TempFolder _temp = new();

    public SwapContractTests()
    {
        var fixtures = new[] { "4096", "65536" }.Select(page =>
        {
            var path = SparseFile.Create(_temp.File(page), 8 << 20);
            Tool.Must("mkswap", "-p", page, path);
            return new AllocationFixture($"swap of {page}-byte pages", () => new FileSource(path));
        });
        Fixtures = [.. fixtures];
    }

    protected override IAllocationReader Reader { get; } = new SwapReader();
    protected override IReadOnlyList<AllocationFixture> Fixtures { get; }

    public void Dispose() => _temp.Dispose();
}
