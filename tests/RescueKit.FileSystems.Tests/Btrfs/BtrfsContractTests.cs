using RescueKit.FileSystems.Btrfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;

namespace RescueKit.FileSystems.Tests.Btrfs;

[Collection(BtrfsCollection.Name)]
public class BtrfsContractTests(BtrfsVariants variants) : AllocationReaderContract
{
    protected override IAllocationReader Reader { get; } = new BtrfsReader();

    protected override IReadOnlyList<AllocationFixture> Fixtures =>
        [variants.Fixture("single"), variants.Fixture("dup"), variants.Fixture("mixed"), variants.Fixture("node-64k"), variants.Fixture("odd-end")];
}
