using System.Text;
using RescueKit.Agent.Tools;

namespace RescueKit.Agent.Tests.Fakes;

/// <summary>The machine's own tools, but for those that deal with LVM, RAID and LUKS: for them there is one disk with LUKS on it.</summary>
internal sealed class LayeredTools : IToolRunner
{
    public const string Passphrase = "open sesame";
    public const string Disk = "/dev/made-up";
    private const string Opened = """, "children": [{"path": "/dev/mapper/inside", "type": "crypt", "size": 4096, "mountpoint": null}]""";
    private readonly ToolRunner _real = new();
    private volatile bool _isOpen;

    public bool Has(string program) => _real.Has(program);

    public ToolOutcome Run(ToolCall call) => (call.Program, call.Arguments.Count > 0 ? call.Arguments[0] : null) switch
    {
        ("lsblk", _) => Said($$"""{"blockdevices": [{"path": "{{Disk}}", "type": "disk", "size": 8192, "mountpoint": null{{(_isOpen ? Opened : "")}}}]}"""),
        ("blkid", _) => Said($"DEVNAME={Disk}\nUUID=1234\nLABEL=secret\nTYPE=crypto_LUKS\n" + (_isOpen ? "\nDEVNAME=/dev/mapper/inside\nLABEL=inside\nTYPE=ext4\n" : "")),
        ("blockdev", "--getro") => Said("0\n"),
        ("blockdev", _) => Said(""),
        ("cryptsetup", "open") => Turn(Encoding.UTF8.GetString(call.Input.Span) == Passphrase) ? Said("") : new ToolOutcome(2, "", "No key available with this passphrase.\n"),
        ("cryptsetup", _) => Turn(open: false) ? new ToolOutcome(1, "", "") : Said(""),
        _ => _real.Run(call),
    };

    private bool Turn(bool open) => _isOpen = open;

    private static ToolOutcome Said(string output) => new(0, output, "");
}
