using RescueKit.Agent.Protocol;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

/// <summary>Layouts of the keyboard, with a line to try them in.</summary>
internal sealed record KeyboardScreen : Screen
{
    private sealed record Layout(string Name);

    public Picker Picker { get; init; } = new();

    public override IReadOnlyList<string> Help => ["A wrong layout types a wrong passphrase. On a serial line or over SSH the layout is the other machine's: nothing is to be changed here."];
    public override bool TakesText => Picker.Searching;
    public override IReadOnlyList<Effect> Opening => [Calls.Keyboards()];

    public override Content View(World world)
    {
        var layouts = Layouts(world);
        var chosen = Picker.Chosen(layouts, Item);
        return new Content
        {
            Title = "Keyboard",
            Right = $"now: {world.Machine?.Keyboard ?? "unknown"}",
            Body = layouts.Count == 0
                ? [new Prose(world.Keyboards is null ? "The layouts are being looked for…" : "The keyboard of this system is not RescueKit's to change.", 1)]
                : [.. Picker.SearchLine, new Listing([.. Picker.Visible(layouts, Item).Select(l => new Row([l.Name, l.Name == world.Machine?.Keyboard ? "now" : ""], l == chosen))])],
            Hints = [new Hint("↑↓", "choose"), new Hint("Enter", "use it"), Picker.Hint, new Hint("Esc", "back")],
        };
    }

    public override Step? Update(Message message, World world)
    {
        var layouts = Layouts(world);
        if (Picker.Update(message, layouts, Item) is { } picker) return Step.Stay(this with { Picker = picker });
        return message is KeyPressed { Key.Code: KeyCode.Enter } && Picker.Chosen(layouts, Item) is { } layout ? Step.Stay(this, Calls.SetKeyboard(layout.Name)) : null;
    }

    private static List<Layout> Layouts(World world) => [.. (world.Keyboards ?? []).Select(k => new Layout(k))];
    private static PickItem Item(Layout layout) => new(layout.Name, layout.Name);
}

internal sealed record NetworkScreen : Screen
{
    public Picker Picker { get; init; } = new();

    public override IReadOnlyList<string> Help => ["Wired network ports. Nothing is asked of the network before it is configured here or on the kernel command line."];
    public override bool TakesText => Picker.Searching;
    public override IReadOnlyList<Effect> Opening => [Calls.Network()];

    public override Content View(World world)
    {
        var ports = world.Network ?? [];
        var chosen = Picker.Chosen(ports, Item);
        return new Content
        {
            Title = "Network",
            Body = ports.Count == 0
                ? [new Prose(world.Network is null ? "The ports are being looked at…" : "No wired network port was found.", 1)]
                : [.. Picker.SearchLine, new Listing([.. Picker.Visible(ports, Item).Select(p => new Row(
                    [p.Name, p.Mac, p.HasCarrier ? "cable" : "no cable", p.Driver ?? "", p.Addresses.Count == 0 ? "no address" : string.Join(" ", p.Addresses)], p == chosen))], null, 4)],
            Hints = [new Hint("↑↓", "choose"), new Hint("Enter", "configure"), new Hint("g", "look again"), new Hint("Esc", "back")],
        };
    }

    public override Step? Update(Message message, World world)
    {
        var ports = world.Network ?? [];
        if (Picker.Update(message, ports, Item) is { } picker) return Step.Stay(this with { Picker = picker });
        if (message is not KeyPressed { Key: var key }) return null;
        if (key.Is('g')) return Step.Stay(this, Calls.Network());
        return key.Code == KeyCode.Enter && Picker.Chosen(ports, Item) is { } port ? Step.Open(this, new PortScreen(port.Name)) : null;
    }

    private static PickItem Item(NetworkPort port) => new(port.Name, $"{port.Name} {port.Mac}");
}

/// <summary>How one port gets its address.</summary>
internal sealed record PortScreen(string Port) : Screen
{
    public Form Form { get; init; } = Form.Of(
        Field.Choice("how", "Address", ["asked of the network (DHCP)", "given here"]),
        Field.Typed("address", "Address/prefix", note: "as 192.168.1.7/24", needs: Static),
        Field.Typed("gateway", "Gateway", needs: Static),
        Field.Typed("name", "Name server", needs: Static),
        Field.Typed("vlan", "VLAN", note: "1 to 4094; empty for none"));

    public HostCall? Pending { get; init; }
    public string? Complaint { get; init; }

    public override string Draft => $"port {Port}";
    public override Screen Kept => this with { Pending = null, Complaint = null };
    public override bool TakesText => Form.TakesText;
    public override IReadOnlyList<string> Help => ["DHCP is right for most networks. A VLAN number only where the switch port is tagged."];

    public override Content View(World world) => new()
    {
        Title = $"Network · {Port}",
        Body = Form.Blocks(),
        Pinned = Complaint is { } complaint ? [new Prose([new Piece("! " + complaint, Tone.Look)])] : [],
        Hints = [new Hint("Tab", "next"), new Hint("Space", "change"), new Hint("Enter", "use it"), new Hint("Esc", "back")],
    };

    public override Step? Update(Message message, World world)
    {
        switch (message)
        {
            case Configured when Pending is not null:
                return Step.Close(Calls.Network());
            case Failed { Call: var call } when ReferenceEquals(call, Pending):
                return Step.Stay(this with { Pending = null });
            case KeyPressed { Key.Code: KeyCode.Enter } when Pending is null:
                return Use();
            default:
                return Form.Update(message) is { } form ? Step.Stay(this with { Form = form, Complaint = null }) : null;
        }
    }

    private Step Use()
    {
        var vlan = Form.Text("vlan").Trim();
        if (vlan.Length > 0 && !(int.TryParse(vlan, out var tag) && tag is >= 1 and <= 4094)) return Step.Stay(this with { Complaint = "A VLAN is a number from 1 to 4094." });
        if (Static(Form) && Form.Text("address").Trim().Length == 0) return Step.Stay(this with { Complaint = "The address is missing." });
        var call = Calls.Configure(new NetworkRequest
        {
            Port = Port,
            Dhcp = !Static(Form),
            Address = Given("address"),
            Gateway = Given("gateway"),
            NameServer = Given("name"),
            Vlan = vlan.Length > 0 ? int.Parse(vlan) : null,
        });
        return Step.Stay(this with { Pending = call, Complaint = null }, call);
    }

    private string? Given(string id) => Static(Form) && Form.Text(id).Trim() is { Length: > 0 } text ? text : null;
    private static bool Static(Form form) => form.Choice("how") == 1;
}
