using RescueKit.Agent.Boot;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Model;

namespace RescueKit.Agent.Tests.Boot;

public class FirmwareEntriesTests
{
    private const string Output = """
        BootCurrent: 0001
        Timeout: 3 seconds
        BootOrder: 0004,0001
        Boot0000* UiApp	FvVol(7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1)/FvFile(462caa21-7614-4503-836e-8ab6f4662331)
        Boot0001* UEFI QEMU HARDDISK QM00001	PciRoot(0x0)/Pci(0x1f,0x2)/Sata(0,65535,0)N.....YM....R,Y.
        Boot0004* debian	HD(1,GPT,AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE,0x800,0x100000)/File(\EFI\debian\shimx64.efi)
        Boot0005  old	HD(1,GPT,aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee,0x800,0x100000)/File(\EFI\old\grubx64.efi)
        Boot0006* Windows Boot Manager	HD(2,GPT,11111111-2222-4333-8444-555555555555,0x800,0x32000)/File(\EFI\Microsoft\Boot\bootmgfw.efi)
        """;

    [Fact]
    public void Entries_that_are_switched_on_and_name_the_partition_are_found()
    {
        Assert.Equal(["debian"], FirmwareEntries.Naming(Output, "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"));
        Assert.Equal(["Windows Boot Manager"], FirmwareEntries.Naming(Output, "11111111-2222-4333-8444-555555555555"));
        Assert.Empty(FirmwareEntries.Naming(Output, "99999999-2222-4333-8444-555555555555"));
    }

    [Fact]
    public void An_entry_is_added_with_the_loader_as_the_firmware_writes_paths()
    {
        var tools = new FakeTools();
        new FirmwareEntries(tools).Add("/dev/nvme0n1", 1, "EFI/debian/shimx64.efi", "debian");
        Assert.Equal(["--create", "--disk", "/dev/nvme0n1", "--part", "1", "--loader", "\\EFI\\debian\\shimx64.efi", "--label", "debian"], Assert.Single(tools.Calls).Arguments);
    }

    [Fact]
    public void Firmware_that_takes_no_entry_is_an_error_with_the_other_way_as_remedy()
    {
        var error = Assert.Throws<DeviceException>(() =>
            new FirmwareEntries(new FakeTools().On("efibootmgr", exitCode: 5, error: "Could not prepare Boot variable: No space left on device\n")).Add("/dev/sda", 1, "EFI/a/grubx64.efi", "a"));
        Assert.Contains("No space left", error.Message, StringComparison.Ordinal);
        Assert.Contains("fallback", error.Remedy, StringComparison.Ordinal);
    }
}
