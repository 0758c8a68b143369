using System.Text;
using RescueKit.Agent.Controls;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Model;

namespace RescueKit.Agent.Tests.Controls;

public sealed class ControlsTests : IDisposable
{
    private readonly MadeUpRoot _root = new();
    private readonly FakeTools _tools = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_keyboard_layout_is_loaded_by_its_name_and_nothing_but_the_list_is()
    {
        _root.File("/usr/share/rescuekit/keymaps/de.bmap", "bkeymap de").File("/usr/share/rescuekit/keymaps/us.bmap", "bkeymap us").File("/usr/share/rescuekit/keymaps/README", "");
        var keyboard = new Keyboard(_root.Root, _tools, "us");
        Assert.Equal(["de", "us"], keyboard.Layouts);
        keyboard.Set("de");
        Assert.Equal("busybox loadkmap", Assert.Single(_tools.Lines));
        Assert.Equal("bkeymap de", Encoding.UTF8.GetString(_tools.Calls[0].Input.Span));
        Assert.Equal("de", keyboard.Current);
        Assert.Throws<UsageException>(() => keyboard.Set("../de"));
    }

    [Fact]
    public void Wired_ports_are_listed_and_others_are_not()
    {
        Port("eth0", "1\n").Port("lo", "772\n").Port("wlan0", "1\n");
        _root.Folder("/sys/class/net/wlan0/wireless").File("/sys/class/net/eth0/carrier", "1\n").File("/sys/class/net/eth0/address", "52:54:00:12:34:56\n");
        var port = Assert.Single(Network().List());
        Assert.Equal(("eth0", "52:54:00:12:34:56", true, null), (port.Name, port.Mac, port.HasCarrier, port.Driver));
        Assert.Equal(["192.168.1.7/24"], port.Addresses);
    }

    [Fact]
    public void A_port_gets_its_address_from_a_server_or_by_hand_tagged_or_not()
    {
        Port("eth0", "1\n");
        _root.Folder("/etc");
        Network().Configure(new NetworkRequest { Port = "eth0", Dhcp = true });
        Assert.Equal(["ip link set eth0 up", "udhcpc -i eth0 -n -q"], _tools.Lines);
        _tools.Calls.Clear();
        Network().Configure(new NetworkRequest { Port = "eth0", Address = "10.0.0.5/8", Gateway = "10.0.0.1", NameServer = "10.0.0.2", Vlan = 12 });
        Assert.Equal(
            [
                "ip link set eth0 up", "ip link add link eth0 name eth0.12 type vlan id 12", "ip link set eth0.12 up", "ip addr flush dev eth0.12",
                "ip addr add 10.0.0.5/8 dev eth0.12", "ip route replace default via 10.0.0.1 dev eth0.12",
            ], _tools.Lines);
        Assert.Equal("nameserver 10.0.0.2\n", File.ReadAllText(_root.Root.PathOf("/etc/resolv.conf")));
    }

    [Theory]
    [InlineData("eth1", "10.0.0.5/8", null, null)]
    [InlineData("eth0", "10.0.0.5", null, null)]
    [InlineData("eth0", "10.0.0.5/33", null, null)]
    [InlineData("eth0", null, null, null)]
    [InlineData("eth0", "10.0.0.5/8", "nas", null)]
    [InlineData("eth0", "10.0.0.5/8", null, 4095)]
    public void What_makes_no_sense_is_refused_before_anything_is_changed(string port, string? address, string? gateway, int? vlan)
    {
        Port("eth0", "1\n");
        Assert.Throws<UsageException>(() => Network().Configure(new NetworkRequest { Port = port, Address = address, Gateway = gateway, Vlan = vlan }));
        Assert.Empty(_tools.Calls);
    }

    [Fact]
    public void Power_goes_by_busybox_after_a_sync()
    {
        new Power(_tools).Do(PowerAction.Restart);
        new Power(_tools).Do(PowerAction.PowerOff);
        Assert.Equal(["sync ", "busybox reboot", "sync ", "busybox poweroff"], _tools.Lines);
    }

    private Network Network() => new(_root.Root, _tools, _ => ["192.168.1.7/24"]);

    private ControlsTests Port(string name, string type)
    {
        _root.File($"/sys/class/net/{name}/type", type);
        return this;
    }
}
