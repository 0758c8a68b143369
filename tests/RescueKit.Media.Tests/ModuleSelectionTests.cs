using RescueKit.Media.Kernel;
using RescueKit.Testing.Tools;

namespace RescueKit.Media.Tests;

public sealed class ModuleSelectionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public ModuleSelectionTests()
    {
        File.WriteAllText(_folder.File("modules.dep"), """
            kernel/drivers/ata/ahci.ko: kernel/drivers/ata/libahci.ko kernel/drivers/ata/libata.ko
            kernel/drivers/ata/libahci.ko: kernel/drivers/ata/libata.ko
            kernel/drivers/ata/libata.ko:
            kernel/fs/btrfs/btrfs.ko: kernel/crypto/xor.ko
            kernel/crypto/xor.ko:
            kernel/crypto/crc32c_generic.ko:
            kernel/drivers/net/ethernet/big/big-nic.ko:

            """);
        File.WriteAllText(_folder.File("modules.softdep"), "# Soft dependencies extracted from modules themselves.\nsoftdep btrfs pre: crc32c_generic post: no-such\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_module_needs_comes_with_it_and_before_it()
    {
        Assert.Equal(["kernel/drivers/ata/libata.ko", "kernel/drivers/ata/libahci.ko", "kernel/drivers/ata/ahci.ko"], Select("drivers/ata/ahci"));
    }

    [Fact]
    public void Soft_dependencies_come_too()
    {
        Assert.Equal(["kernel/crypto/xor.ko", "kernel/crypto/crc32c_generic.ko", "kernel/fs/btrfs/btrfs.ko"], Select("fs/btrfs/*"));
    }

    [Fact]
    public void A_later_line_leaves_out_what_an_earlier_one_took_and_says_why()
    {
        var selection = ModuleSelection.Parse(["drivers/**", "!drivers/net/ethernet/big/* not made any more"]);
        Assert.DoesNotContain("kernel/drivers/net/ethernet/big/big-nic.ko", selection.Select(new ModuleIndex(_folder.FullPath)));
        Assert.Equal("not made any more", selection.ReasonAgainst("kernel/drivers/net/ethernet/big/big-nic.ko"));
        Assert.Null(selection.ReasonAgainst("kernel/drivers/ata/ahci.ko"));
    }

    [Fact]
    public void Nothing_is_left_out_without_a_reason() => Assert.Throws<FormatException>(() => ModuleSelection.Parse(["!drivers/ata/ahci"]));

    [Fact]
    public void A_star_stays_within_its_folder()
    {
        Assert.Empty(Select("drivers/*"));
        Assert.Equal(["kernel/drivers/net/ethernet/big/big-nic.ko"], Select("drivers/net/**"));
    }

    private IReadOnlyList<string> Select(params string[] lines) => ModuleSelection.Parse(lines).Select(new ModuleIndex(_folder.FullPath));
}
