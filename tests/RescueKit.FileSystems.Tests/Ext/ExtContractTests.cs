using RescueKit.FileSystems.Ext;
using RescueKit.Model;
using RescueKit.Testing.Allocation;

namespace RescueKit.FileSystems.Tests.Ext;

[Collection(ExtCollection.Name)]
public class ExtContractTests(ExtVariants variants) : AllocationReaderContract
{
    protected override IAllocationReader Reader { get; } = new ExtReader();

    protected override IReadOnlyList<AllocationFixture> Fixtures =>
    [
        variants.Fixture("ext2-1k"), variants.Fixture("ext4-4k"), variants.Fixture("ext4-uninit_bg"), variants.Fixture("ext4-meta_bg"),
        variants.Fixture("ext4-bigalloc-1k"), variants.Fixture("ext4-64k"), variants.Fixture("ext4-odd-end"),
    ];
}
