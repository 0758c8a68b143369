using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Disks.Inventory;
using RescueKit.Model;

namespace RescueKit.Agent.Controls;

/// <summary>Wired ports: what they have, and how they get it. Tools: ip(8), busybox's udhcpc.</summary>
/// <param name="addresses">Addresses with prefix lengths of a port; the kernel's own list by default.</param>
internal sealed class Network(SystemRoot root, IToolRunner tools, Func<string, IReadOnlyList<string>> addresses)
{
    private const string Ports = "/sys/class/net";
    private const string EthernetType = "1";
    private static readonly TimeSpan DhcpLimit = TimeSpan.FromSeconds(45);

    public IReadOnlyList<NetworkPort> List() =>
    [
        .. root.List(Ports).Where(IsWired).Select(name => new NetworkPort(
            name, root.ReadLine($"{Ports}/{name}/address") ?? "", root.ReadLine($"{Ports}/{name}/carrier") == "1", addresses(name),
            root.Exists($"{Ports}/{name}/device/driver") ? Path.GetFileName(root.Resolve($"{Ports}/{name}/device/driver")) : null)),
    ];

    /// <exception cref="UsageException">The request makes no sense.</exception>
    /// <exception cref="DeviceException">A tool failed, or no server answered.</exception>
    public void Configure(NetworkRequest request)
    {
        Check(request);
        Ip("link", "set", request.Port, "up");
        var port = request.Vlan is { } vlan ? Tag(request.Port, vlan) : request.Port;
        if (request.Dhcp) Dhcp(port);
        else Static(port, request);
    }

    public static IReadOnlyList<string> KernelAddresses(string port) =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces().Where(known => known.Name == port).SelectMany(known => known.GetIPProperties().UnicastAddresses)
            .Select(address => string.Create(CultureInfo.InvariantCulture, $"{address.Address}/{address.PrefixLength}")),
    ];

    /// <summary>Ethernet, and no radio: ARPHRD_ETHER of linux/if_arp.h.</summary>
    private bool IsWired(string name) => root.ReadLine($"{Ports}/{name}/type") == EthernetType && !root.Exists($"{Ports}/{name}/wireless");

    private void Check(NetworkRequest request)
    {
        if (!root.List(Ports).Where(IsWired).Contains(request.Port)) throw new UsageException($"there is no wired port {request.Port}", "choose one of the list");
        if (request.Vlan is < 1 or > 4094) throw new UsageException($"{request.Vlan} is no VLAN number", "give 1 to 4094");
        if (request.Dhcp) return;
        if (!IsAddressWithPrefix(request.Address)) throw new UsageException($"'{request.Address}' is no address with a prefix length", "give it as 192.168.1.7/24");
        foreach (var address in new[] { request.Gateway, request.NameServer }.OfType<string>().Where(address => !IPAddress.TryParse(address, out _)))
            throw new UsageException($"'{address}' is no address", "give it as 192.168.1.1");
    }

    private static bool IsAddressWithPrefix(string? text) => text?.Split('/') is [var address, var prefix] && IPAddress.TryParse(address, out var parsed)
        && int.TryParse(prefix, NumberStyles.None, CultureInfo.InvariantCulture, out var bits) && bits >= 1 && bits <= parsed.GetAddressBytes().Length * 8;

    private string Tag(string port, int vlan)
    {
        var tagged = string.Create(CultureInfo.InvariantCulture, $"{port}.{vlan}");
        if (!root.Exists($"{Ports}/{tagged}"))
            Ip("link", "add", "link", port, "name", tagged, "type", "vlan", "id", vlan.ToString(CultureInfo.InvariantCulture));
        Ip("link", "set", tagged, "up");
        return tagged;
    }

    private void Dhcp(string port) => tools.Must($"asking for an address on {port}",
        new ToolCall("udhcpc", "-i", port, "-n", "-q") { Limit = DhcpLimit }, "look at the cable and at the DHCP server, or give an address by hand");

    private void Static(string port, NetworkRequest request)
    {
        Ip("addr", "flush", "dev", port);
        Ip("addr", "add", request.Address!, "dev", port);
        if (request.Gateway is { } gateway) Ip("route", "replace", "default", "via", gateway, "dev", port);
        if (request.NameServer is { } server) File.WriteAllText(root.PathOf("/etc/resolv.conf"), $"nameserver {server}\n");
    }

    private void Ip(params IReadOnlyList<string> arguments) => tools.Must("setting up the network", new ToolCall("ip", arguments));
}
