using RescueKit.Agent.Containers;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Agent.Tools;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Agent.Tests.Containers;

/// <summary>What cryptsetup and its neighbours are asked, and what their answers mean; real ones are in the end-to-end tests.</summary>
public sealed class LuksUnlockerTests
{
    private const string Table = "0 96256 crypt aes-xts-plain64 :64:logon:cryptsetup:7e6f3f9a-d0 0 7:0 32768";
    private static readonly Extent s_place = new(1 << 20, 64 << 20);

    private readonly FakeTools _tools = new();
    private readonly MemoryDisk _content = MemoryDisk.FromBytes(new byte[1 << 20]);

    [Theory]
    [InlineData(Table, 512)]
    [InlineData(Table + " 1 allow_discards", 512)]
    [InlineData(Table + " 2 allow_discards sector_size:4096\n", 4096)]
    public void The_table_says_where_the_content_lies(string table, int sectorSize)
    {
        using var unlocker = Unlocker(table, keys: "hush");
        var volume = unlocker.Open(2, s_place);
        Assert.Same(_content, volume.Content);
        Assert.Equal((16L << 20, sectorSize), (volume.Offset, volume.SectorSize));
        var name = _tools.Lines.ElementAt(1).Split(' ')[^1];
        Assert.StartsWith($"rescuekit-unlocked-{Environment.ProcessId}-", name, StringComparison.Ordinal);
        Assert.Equal(
        [
            "losetup --find --show --read-only --offset 1048576 --sizelimit 67108864 /dev/sda",
            $"cryptsetup open --type luks --readonly --key-file=- /dev/loop7 {name}",
            "losetup --detach /dev/loop7",
            $"dmsetup table {name}",
            $"cryptsetup close --deferred {name}",
        ], _tools.Lines);
        Assert.Equal("hush"u8.ToArray(), _tools.Calls[1].Input.ToArray());
    }

    [Theory]
    [InlineData("0 96256 crypt capi:authenc(hmac(sha256),xts(aes))-random :96:logon:x 0 254:0 0 1 integrity:32:aead")]
    [InlineData(Table + "\n96256 1024 crypt aes-xts-plain64 :64:logon:x 0 7:0 200000")]
    [InlineData("0 96256 linear 7:0 32768")]
    [InlineData("")]
    public void A_table_of_another_form_is_refused_and_closed(string table)
    {
        using var unlocker = Unlocker(table, keys: "hush");
        var error = Assert.Throws<DeviceException>(() => unlocker.Open(2, s_place));
        Assert.Contains("partition 2 of /dev/sda", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("cryptsetup close --deferred", _tools.Lines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_tried_in_turn_and_a_wrong_one_leaves_nothing_open()
    {
        using (var second = Unlocker(Table, "hush\n", "hush")) Assert.Equal(16L << 20, second.Open(2, s_place).Offset);
        _tools.Calls.Clear();
        using var wrong = Unlocker(Table, "other");
        Assert.Throws<WrongPassphraseException>(() => wrong.Open(2, s_place));
        Assert.Equal("losetup --detach /dev/loop7", _tools.Lines.Last());
    }

    private LuksUnlocker Unlocker(string table, params string[] keys)
    {
        _tools.On("losetup --find", "/dev/loop7\n").On("dmsetup table", table)
            .On("cryptsetup open", call => new ToolOutcome(call.Input.Span.SequenceEqual("hush"u8) ? 0 : 2, "", ""));
        return new LuksUnlocker(_tools, "/dev/sda", [new LockedPartition(2, () => [.. keys.Select(key => (ReadOnlyMemory<byte>)System.Text.Encoding.UTF8.GetBytes(key))])], _ => _content);
    }
}
