using RescueKit.FileSystems.ExFat;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.ExFat;

public sealed class ExFatContractTests : AllocationReaderContract, IDisposable
{
    private static readonly string[] Chosen = ["default-small", "clusters-512", "packed-bitmap", "clusters-1m"];
    private readonly TempFolder _temp = new();

    public ExFatContractTests()
    {
        var fixtures = Chosen.Select(name =>
        {
            var volume = ExFatVolume.Make(_temp, ExFatShape.Named(name));
            return new AllocationFixture(name, () => new FileSource(volume.Path));
        });
        Fixtures = [.. fixtures, new AllocationFixture("aged", () => Fixture.Open("exfat-aged.img.gz"))];
    }

    protected override IAllocationReader Reader { get; } = new ExFatReader();
    protected override IReadOnlyList<AllocationFixture> Fixtures { get; }

    public void Dispose() => _temp.Dispose();
}
