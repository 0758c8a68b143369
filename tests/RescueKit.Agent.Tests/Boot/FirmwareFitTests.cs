using RescueKit.Agent.Boot;

namespace RescueKit.Agent.Tests.Boot;

public class FirmwareFitTests
{
    private const string Esp = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
    private const string BiosBoot = "21686148-6449-6e6f-744e-656564454649";
    private const string Linux = "0fc63daf-8483-4772-8e79-3d69d8477de4";

    [Theory]
    [InlineData(false, "gpt", "UEFI", Esp, Linux)]
    [InlineData(true, "gpt", null, Esp, Linux)]
    [InlineData(false, "gpt", null, Esp, BiosBoot)]
    [InlineData(true, "gpt", "BIOS", BiosBoot, Linux)]
    [InlineData(true, "mbr", "BIOS", "0x83", "0x82")]
    [InlineData(false, "mbr", null, "0x83", "0x82")]
    [InlineData(true, "mbr", null, "0xef", "0x83")]
    [InlineData(true, "gpt", null, Linux, Linux)]
    public void The_wrong_firmware_is_warned_of_and_nothing_else(bool machineIsUefi, string table, string? madeFor, params string[] types)
    {
        var warning = FirmwareFit.Warning(machineIsUefi, table, types);
        if (madeFor is null) Assert.Null(warning);
        else Assert.StartsWith($"The system was made for {madeFor}", warning, StringComparison.Ordinal);
    }
}
