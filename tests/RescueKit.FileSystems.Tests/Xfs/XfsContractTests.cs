using RescueKit.FileSystems.Xfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;

namespace RescueKit.FileSystems.Tests.Xfs;

[Collection(XfsCollection.Name)]
public class XfsContractTests(XfsVariants variants) : AllocationReaderContract
{
    protected override IAllocationReader Reader { get; } = new XfsReader();

    protected override IReadOnlyList<AllocationFixture> Fixtures =>
    [
        variants.Fixture("v4-512"), variants.Fixture("v4-1k"), variants.Fixture("v5-4k"), variants.Fixture("v5-rmapbt-1k"), variants.Fixture("v5-sector-4096"),
        variants.Fixture("v5-odd-end"), variants.Fixture("v5-many-groups"),
    ];
}
