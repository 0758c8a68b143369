using RescueKit.Agent.Machine;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Testing.Fakes;

namespace RescueKit.Agent.Tests.Machine;

public sealed class MachineReaderTests : IDisposable
{
    private const string SecureBoot = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    private readonly MadeUpRoot _root = new();
    private readonly FakeTools _tools = new();
    private readonly ManualClock _clock = new();

    public MachineReaderTests() => _clock.Advance(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero) - _clock.GetUtcNow());

    private MachineReader Reader => new(_root.Root, _tools, _clock);

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Firmware_and_Secure_Boot_are_read_where_the_kernel_shows_them()
    {
        Assert.Equal((false, null), (Reader.IsUefi, Reader.SecureBoot));
        _root.File(SecureBoot, [6, 0, 0, 0, 1]);
        Assert.Equal((true, true), (Reader.IsUefi, Reader.SecureBoot));
        _root.File(SecureBoot, [6, 0, 0, 0, 0]);
        Assert.Equal((true, false), (Reader.IsUefi, Reader.SecureBoot));
        _root.File(SecureBoot, [1]);
        Assert.Null(Reader.SecureBoot);
    }

    [Fact]
    public void A_disk_that_comes_or_changes_its_size_changes_the_mark()
    {
        _root.File("/sys/class/block/sda/size", "2048\n");
        var before = Reader.DeviceMark();
        Assert.Equal(before, Reader.DeviceMark());
        _root.File("/sys/class/block/sdb/size", "0\n");
        var empty = Reader.DeviceMark();
        _root.File("/sys/class/block/sdb/size", "4096\n");
        Assert.Equal(3, new[] { before, empty, Reader.DeviceMark() }.Distinct().Count());
    }

    [Fact]
    public void The_rescue_environment_and_its_parameters_are_recognised()
    {
        Assert.False(Reader.IsRescueEnvironment);
        _root.File("/etc/rescuekit-environment", "").File("/proc/cmdline", "quiet rescuekit.stick=ab-cd rescuekit.keyboard=de rescuekit.keyboard=fr\n");
        Assert.True(Reader.IsRescueEnvironment);
        Assert.Equal("ab-cd", Reader.KernelParameter("rescuekit.stick="));
        Assert.Equal("fr", Reader.KernelParameter("rescuekit.keyboard="));
        Assert.Null(Reader.KernelParameter("rescuekit.run="));
    }

    [Theory]
    [InlineData("6F9619FF-8B86-D011-B42D-00C04FC964FF", "6f9619ff-8b86-d011-b42d-00c04fc964ff")]
    [InlineData("00000000-0000-0000-0000-000000000000", null)]
    [InlineData("nonsense", null)]
    public void The_stick_is_known_by_the_id_on_the_kernel_command_line(string given, string? id)
    {
        _root.File("/proc/cmdline", $"rescuekit.stick={given}\n");
        Assert.Null(Reader.StickId);
        _root.File("/etc/rescuekit-environment", "");
        Assert.Equal(id, Reader.StickId);
    }

    [Fact]
    public void Nothing_wrong_is_nothing_said() => Assert.Empty(Reader.Warnings());

    [Theory]
    [InlineData(-20)]
    [InlineData(16)]
    public void A_clock_that_cannot_be_right_is_named(int years)
    {
        var clock = new AtYear(2027 + years);
        Assert.Contains("clock", Assert.Single(new MachineReader(_root.Root, _tools, clock).Warnings()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Battery", "System", "Discharging", "24", true)]
    [InlineData("Battery", "System", "Discharging", "25", false)]
    [InlineData("Battery", "System", "Charging", "5", false)]
    [InlineData("Battery", "Device", "Discharging", "5", false)]
    [InlineData("Mains", "System", "Discharging", "5", false)]
    public void A_low_battery_of_the_machine_itself_is_named(string type, string scope, string status, string capacity, bool warned)
    {
        const string Supply = "/sys/class/power_supply/BAT0";
        _root.File($"{Supply}/type", type + "\n").File($"{Supply}/scope", scope).File($"{Supply}/status", status + "\n").File($"{Supply}/capacity", capacity + "\n");
        Assert.Equal(warned, Reader.Warnings().Count == 1);
    }

    [Fact]
    public void Devices_without_their_firmware_are_named_by_its_files()
    {
        _tools.Present.Add("dmesg");
        _tools.On("dmesg", """
            [    3.1] e100 0000:00:03.0: Direct firmware load for e100/d101m_ucode.bin failed with error -2
            [    3.2] bnx2 0000:02:00.0: firmware: failed to load bnx2/bnx2-mips-09-6.2.1b.fw (-2)
            [    3.3] bnx2 0000:02:00.0: firmware: failed to load bnx2/bnx2-mips-09-6.2.1b.fw (-2)
            [    3.4] r8169 0000:03:00.0: firmware: direct-loading firmware rtl_nic/rtl8168g-2.fw
            """);
        Assert.Contains("bnx2/bnx2-mips-09-6.2.1b.fw, e100/d101m_ucode.bin.", Assert.Single(Reader.Warnings()), StringComparison.Ordinal);
    }

    private sealed class AtYear(int year) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(year, 6, 1, 0, 0, 0, TimeSpan.Zero);
    }
}
