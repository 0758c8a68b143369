using RescueKit.FileSystems.Lvm;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Lvm;

public class LvmContractTests : AllocationReaderContract
{
    protected override IAllocationReader Reader { get; } = new LvmReader();

    protected override IReadOnlyList<AllocationFixture> Fixtures => [new AllocationFixture("linear and striped", () => Fixture.Open("lvm-linear-striped.img.gz"))];
}
