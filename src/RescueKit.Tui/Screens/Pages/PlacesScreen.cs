using RescueKit.Agent.Protocol;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens.Pages;

internal sealed record PlacesScreen : Screen
{
    public Picker Picker { get; init; } = new();

    public override IReadOnlyList<string> Help =>
    [
        "Folders in which images lie or can be put: the stick, partitions of disks, shares of other machines.",
        "Attaching mounts a partition or share; nothing on a disk is mounted without being asked for.",
        "A file system inside LVM, RAID or LUKS: o opens those read-only and attaches it from there.",
    ];

    public override bool TakesText => Picker.Searching;
    public override IReadOnlyList<Effect> Opening => [Calls.Places()];

    public override Content View(World world) => new()
    {
        Title = "Places for images",
        Body = PlaceRows.Blocks(world, Picker, p => p.Error),
        Hints =
        [
            new Hint("↑↓", "choose"), new Hint("Enter", "browse"), new Hint("a", "attach"), new Hint("d", "detach"), new Hint("o", "LVM, RAID…"), Picker.Hint,
            new Hint("g", "look again"), new Hint("Esc", "back"),
        ],
    };

    public override Step? Update(Message message, World world)
    {
        var places = world.Places ?? [];
        if (message is Picked { Path: var path }) return Step.Stay(this, Calls.OpenImage(path, null));
        if (message is ImageOpened { Image: var image }) return Step.Open(this, new ImageScreen(new FoundImage("", image.Path, default, image, null)));
        if (message is Detached) return Step.Stay(this, Calls.Places(), Calls.Images(), Calls.Disks());
        if (Picker.Update(message, places, PlaceRows.Item) is { } picker) return Step.Stay(this with { Picker = picker });
        if (message is not KeyPressed { Key: var key }) return null;
        if (key.Is('g')) return Step.Stay(this, Calls.Places());
        if (key.Is('a')) return Step.Open(this, new AttachScreen());
        if (key.Is('o')) return Step.Open(this, new ContainersScreen());
        if (Picker.Chosen(places, PlaceRows.Item) is not { } place) return null;
        if (key.Is('d')) return Step.Stay(this, Calls.Detach(place));
        return key.Code == KeyCode.Enter ? Step.Open(this, new BrowseScreen { Place = place }) : null;
    }
}

/// <summary>What is to be mounted: a partition from the list, or a share's address.</summary>
internal sealed record AttachScreen : Screen
{
    private static readonly PlaceKind[] Kinds = [PlaceKind.Partition, PlaceKind.Nfs, PlaceKind.Smb, PlaceKind.Ssh, PlaceKind.Folder];

    public Form Form { get; init; } = Form.Of(
        Field.Choice("kind", "What", ["a partition", "an NFS share", "an SMB (Windows) share", "a folder over SSH", "a folder of this system"]),
        Field.Typed("address", "Address"),
        Field.Typed("user", "User", needs: f => f.Choice("kind") == 2),
        Field.Typed("password", "Password", masked: true, needs: f => f.Choice("kind") is 2 or 3),
        Field.Choice("write", "For", ["reading only: nothing on it is changed, no journal replayed", "writing images to it"]),
        Field.Typed("options", "Mount options", needs: f => f.Choice("kind") is 1 or 2 or 3));

    public HostCall? Pending { get; init; }
    public string? Complaint { get; init; }

    public override string Draft => "attach";
    public override Screen Kept => this with { Form = Form.WithoutSecrets(), Pending = null, Complaint = null };
    public override bool TakesText => Form.TakesText;
    public override IReadOnlyList<Effect> Opening => [Calls.Disks()];

    public override IReadOnlyList<string> Help =>
    [
        "A partition is given by its node, as /dev/sdb1; those of this machine are listed below.",
        "NFS: server:/export. SMB: //server/share. SSH: user@server:folder. Mount options are seldom needed, as vers=2.1 for an old SMB server.",
    ];

    public override Content View(World world)
    {
        var kind = Form.Choice("kind");
        string[] forms = ["/dev/sdb1", "server:/export", "//server/share", "user@server:folder", "/mnt/backup"];
        return new Content
        {
            Title = "Places · attach",
            Body = [.. Form.Blocks(), new Space(), new Prose([new Piece($"An address looks like {forms[kind]}", Tone.Faint)], 1), .. kind == 0 ? Nodes(world) : []],
            Pinned = Complaint is { } complaint ? [new Prose([new Piece("! " + complaint, Tone.Look)])] : [],
            Hints = [new Hint("Tab", "next"), new Hint("Space", "change"), new Hint("Enter", Pending is null ? "attach" : "wait"), new Hint("Esc", "back")],
        };
    }

    public override Step? Update(Message message, World world)
    {
        switch (message)
        {
            case Attached when Pending is not null:
                return Step.Close(Calls.Places(), Calls.Images());
            case Failed { Call: var call } when ReferenceEquals(call, Pending):
                return Step.Stay(this with { Pending = null });
            case KeyPressed { Key.Code: KeyCode.Enter } when Pending is null:
                return Attach();
            default:
                return Form.Update(message) is { } form ? Step.Stay(this with { Form = form, Complaint = null }) : null;
        }
    }

    private Step Attach()
    {
        var address = Form.Text("address").Trim();
        if (address.Length == 0) return Step.Stay(this with { Complaint = "The address is missing." });
        var call = Calls.Attach(new PlaceRequest
        {
            Kind = Kinds[Form.Choice("kind")],
            Address = address,
            Writable = Form.Choice("write") == 1,
            User = Given("user"),
            Password = Given("password"),
            Options = Given("options"),
        });
        return Step.Stay(this with { Pending = call, Complaint = null }, call);
    }

    private string? Given(string id) => Form.Shown.Any(f => f.Id == id) && Form.Text(id) is { Length: > 0 } text ? text : null;

    private static IEnumerable<Block> Nodes(World world)
    {
        var rows = (world.Disks ?? []).SelectMany(d => d.Partitions.Where(p => p.FileSystem is not null).Select(p => new Row(
            [Node(d.Path, p.Number), Words.Partition(p), p.FileSystem!, Words.Model(d), $"…{d.ConfirmId}", p.MountedAt is null ? "" : "mounted"], Marked: false))).ToList();
        if (rows.Count == 0) yield break;
        yield return new Space();
        yield return new Listing(rows, null, 3, 2);
    }

    /// <summary>As the kernel names partitions: "p" between where the disk's name ends in a digit (disk_name() in block/genhd.c).</summary>
    private static string Node(string disk, int number) => number == 0 ? disk : char.IsAsciiDigit(disk[^1]) ? $"{disk}p{number}" : $"{disk}{number}";
}
