using RescueKit.Agent.Boot;

namespace RescueKit.Agent.Tests.Boot;

public class BootAdviceTests
{
    private static readonly string[] Debian = ["EFI/debian/shimx64.efi", "EFI/debian/grubx64.efi", "EFI/debian/mmx64.efi", "EFI/debian/grub.cfg"];

    [Fact]
    public void A_disk_with_an_entry_or_a_fallback_loader_is_bootable_by_UEFI()
    {
        Assert.Equal("bootable", Check(Uefi(Debian, "debian")).Verdict);
        Assert.Equal("bootable", Check(Uefi([.. Debian, "EFI/Boot/bootx64.efi"])).Verdict);
    }

    [Fact]
    public void An_entry_that_leads_to_no_loader_does_not_make_a_disk_bootable() =>
        Assert.Equal("not yet bootable", Check(Uefi([], "debian")).Verdict);

    [Fact]
    public void Without_entry_and_fallback_the_entry_is_offered_first_and_then_the_fallback()
    {
        var check = Check(Uefi(Debian));
        Assert.Equal("not yet bootable", check.Verdict);
        Assert.Equal(["entry:EFI/debian/shimx64.efi", "fallback:EFI/debian/shimx64.efi"], check.Remedies.Select(remedy => remedy.Id));
        Assert.Equal("Add the boot entry \"debian\"", check.Remedies[0].Text);
        Assert.Equal("changes this machine's firmware settings", check.Remedies[0].Effect);
    }

    [Fact]
    public void A_file_gets_no_entry_since_the_firmware_cannot_start_it() =>
        Assert.Equal(["fallback:EFI/debian/shimx64.efi"], Check(Uefi(Debian) with { IsDevice = false }).Remedies.Select(remedy => remedy.Id));

    [Fact]
    public void Windows_and_a_distribution_side_by_side_are_both_offered()
    {
        var check = Check(Uefi([.. Debian, "EFI/Microsoft/Boot/bootmgfw.efi", "EFI/Microsoft/Boot/memtest.efi"]));
        Assert.Equal(["Add the boot entry \"debian\"", "Add the boot entry \"Windows Boot Manager\"", "Add a fallback loader (debian)", "Add a fallback loader (Windows Boot Manager)"],
            check.Remedies.Select(remedy => remedy.Text));
    }

    [Fact]
    public void An_unsigned_loader_under_Secure_Boot_is_said()
    {
        Assert.Contains(Check(Uefi(["EFI/arch/grubx64.efi"]) with { SecureBoot = true }).Reasons, reason => reason.Contains("Secure Boot", StringComparison.Ordinal));
        Assert.DoesNotContain(Check(Uefi(Debian) with { SecureBoot = true }).Reasons, reason => reason.Contains("Secure Boot", StringComparison.Ordinal));
    }

    [Fact]
    public void An_EFI_partition_that_cannot_be_read_leaves_it_open()
    {
        var check = Check(Uefi([]) with { Efi = new EfiPartition(1, null, []) { Problem = "bad sectors" } });
        Assert.Equal("unknown", check.Verdict);
        Assert.Contains("bad sectors", check.Reasons[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true, false, "bootable")]
    [InlineData(true, false, false, "not yet bootable")]
    [InlineData(false, false, true, "not yet bootable")]
    [InlineData(false, false, false, "not a system disk")]
    public void A_BIOS_starts_boot_code_that_leads_on(bool hasCode, bool leadsOn, bool hasEfi, string verdict) => Assert.Equal(verdict, Check(new BootFacts
    {
        MachineIsUefi = false,
        HasBootCode = hasCode,
        BootCodeLeadsOn = leadsOn,
        Efi = hasEfi ? new EfiPartition(1, Debian, []) : null,
    }).Verdict);

    [Fact]
    public void A_disk_made_for_BIOS_on_a_UEFI_machine_is_not_yet_bootable_and_says_what_to_switch()
    {
        var check = Check(new BootFacts { MachineIsUefi = true, HasBootCode = true, BootCodeLeadsOn = true });
        Assert.Equal("not yet bootable", check.Verdict);
        Assert.Contains("BIOS", check.Reasons[1], StringComparison.Ordinal);
    }

    private static RescueKit.Agent.Protocol.BootCheck Check(BootFacts facts) => BootAdvice.Of(facts);

    private static BootFacts Uefi(string[] files, params string[] entries) =>
        new() { MachineIsUefi = true, IsDevice = true, Efi = new EfiPartition(1, files, entries) };
}
