using RescueKit.Media.Kernel;

namespace RescueKit.Media.Tests;

/// <summary>media/modules held against all modules of Debian's kernel.</summary>
public sealed class KernelModuleTests(DebianPackages debian) : IClassFixture<DebianPackages>
{
    private readonly ModuleIndex _kernel = new(debian.Kernel.Modules);
    private readonly ModuleSelection _selection = ModuleSelection.Read();

    /// <summary>Folders of the kernel whose drivers for PCI devices are for disks.</summary>
    private static readonly string[] s_storage =
        ["drivers/ata/", "drivers/nvme/", "drivers/scsi/", "drivers/message/", "drivers/block/", "drivers/mmc/", "drivers/memstick/", "drivers/ufs/", "drivers/usb/host/", "drivers/pci/controller/"];

    [Fact]
    public void Every_PCI_storage_driver_is_taken_or_left_out_with_a_reason() => Assert.Empty(Forgotten(path => IsPci(path) && s_storage.Any(folder => IsBelow(path, folder))));

    [Fact]
    public void Every_driver_for_the_PCI_class_of_mass_storage_is_taken_or_left_out_with_a_reason()
    {
        var ofClass = _kernel.Aliases().Where(alias => alias.Alias.StartsWith("pci:", StringComparison.Ordinal) && alias.Alias.Contains("bc01", StringComparison.Ordinal))
            .Select(alias => _kernel.PathOf(alias.Module)).ToHashSet();
        Assert.NotEmpty(ofClass);
        Assert.Empty(Forgotten(ofClass.Contains));
    }

    [Fact]
    public void Every_PCI_Ethernet_driver_is_taken_or_left_out_with_a_reason() => Assert.Empty(Forgotten(path => IsPci(path) && IsBelow(path, "drivers/net/ethernet/")));

    [Fact]
    public void Every_line_of_the_list_fits_a_module_of_this_kernel() => Assert.Empty(_selection.Unused(_kernel));

    [Theory]
    [InlineData("ahci")]
    [InlineData("nvme")]
    [InlineData("megaraid_sas")]
    [InlineData("mpt3sas")]
    [InlineData("hpsa")]
    [InlineData("smartpqi")]
    [InlineData("aacraid")]
    [InlineData("uas")]
    [InlineData("sdhci_pci")]
    [InlineData("virtio_blk")]
    [InlineData("virtio_scsi")]
    [InlineData("hv_storvsc")]
    [InlineData("hv_netvsc")]
    [InlineData("xen_blkfront")]
    [InlineData("vmw_pvscsi")]
    [InlineData("vmd")]
    [InlineData("dm_snapshot")]
    [InlineData("dm_crypt")]
    [InlineData("dm_raid")]
    [InlineData("raid456")]
    [InlineData("e1000e")]
    [InlineData("r8169")]
    [InlineData("ixgbe")]
    [InlineData("tg3")]
    [InlineData("hid_generic")]
    [InlineData("usbhid")]
    [InlineData("hyperv_keyboard")]
    [InlineData("crc32c_intel")]
    [InlineData("isofs")]
    [InlineData("overlay")]
    public void A_module_that_machines_need_is_taken(string name) => Assert.Contains(_kernel.PathOf(name)!, Selected);

    private HashSet<string> Selected => [.. _selection.Select(_kernel)];

    private List<string> Forgotten(Func<string, bool> isMeant)
    {
        var meant = _kernel.Paths.Where(isMeant).ToList();
        Assert.NotEmpty(meant);
        var selected = Selected;
        return [.. meant.Where(path => !selected.Contains(path) && _selection.ReasonAgainst(path) is null)];
    }

    private bool IsPci(string path) => PciModules.Contains(ModuleIndex.NameOf(path));

    private HashSet<string> PciModules => field ??= [.. _kernel.Aliases().Where(alias => alias.Alias.StartsWith("pci:", StringComparison.Ordinal)).Select(alias => alias.Module)];

    private static bool IsBelow(string path, string folder) => path.StartsWith("kernel/" + folder, StringComparison.Ordinal);
}
