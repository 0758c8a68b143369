using System.Text;
using RescueKit.Agent.Containers;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Agent.Tools;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Containers;

/// <summary>A made-up machine: LVM in LUKS on a partition, and a RAID1 with two of three members. What its tools are asked is what counts; real ones are in the end-to-end tests.</summary>
public sealed class ContainerBookTests : IDisposable
{
    private const string LuksId = "7e6f3f9a-97fe-4ef0-93ec-745d522fc9da";
    private const string Mapping = "luks-7e6f3f9a";
    private readonly TempFolder _folder = new();
    private readonly MadeUpRoot _root = new();
    private readonly FakeTools _tools = new();
    private readonly List<string> _log = [];
    private readonly List<string> _runUses = [];
    private readonly ContainerBook _book;
    private readonly StringBuilder _reports = new();

    /// <summary>What is open, and what is mounted.</summary>
    private readonly HashSet<string> _open = [];
    private string? _mounted;
    private string _examined = Superblock("Active device 0");
    private string _logical = Volume("root", "-wi-------", "linear") + "," + Volume("mirror", "rwi-------", "raid,raid1") + "," + Volume("[mirror_rimage_0]", "iwi-------", "linear");

    public ContainerBookTests()
    {
        _tools.On("lsblk", _ => new ToolOutcome(0, Tree(), ""))
            .On("blkid", _ => new ToolOutcome(0, Contents(), ""))
            .On("lvm pvs", _ => new ToolOutcome(0, """{"report": [{"pv": [{"pv_uuid":"pv-1", "vg_uuid":"vg-1", "vg_name":"web-vg", "vg_missing_pv_count":"0"}]}]}""", ""))
            .On("lvm lvs", _ => new ToolOutcome(0, $$"""{"report": [{"lv": [{{_logical}}]}]}""", ""))
            .On("mdadm --examine /dev/sdc", _ => new ToolOutcome(0, Superblock("Active device 1"), ""))
            .On("mdadm --examine", _ => new ToolOutcome(0, _examined, ""))
            .On("blockdev --getro", "0\n").On("losetup --find", "/dev/loop7\n")
            .On("cryptsetup open", call => Turn("luks", Encoding.UTF8.GetString(call.Input.Span) == "hush" ? 0 : 2))
            .On("cryptsetup close", _ => Turn("luks", 0, on: false))
            .On("lvm lvchange", _ => Turn("lvm", 0)).On("lvm vgchange -an", _ => Turn("lvm", 0, on: false))
            .On("mdadm --assemble", _ => Turn("raid", 0)).On("mdadm --stop", _ => Turn("raid", 0, on: false));
        var opener = new ContainerOpener(_tools, _root.Root, new Overlay(_tools, _folder.File("overlays")), _log.Add);
        _book = new ContainerBook(_tools, opener, paths =>
        {
            foreach (var path in paths.Where(_runUses.Contains)) throw new SafetyException($"{path} is in run 1 already");
        }, _log.Add);
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_the_disks_hold_is_listed_without_opening_anything()
    {
        var all = _book.List();
        Assert.Equal([ContainerKind.Raid, ContainerKind.Luks], all.Select(container => container.Kind));
        var (raid, luks) = (all[0], all[1]);
        Assert.Equal(("raid-1", "web:0", "1 of its 3 members is missing", true), (raid.Id, raid.Name, raid.Problem, raid.CanOpen));
        Assert.Equal(["/dev/sdb", "/dev/sdc"], raid.Members);
        Assert.Equal((LuksId, "my disk", false, null), (luks.Id, luks.Name, luks.IsOpen, luks.Problem));
        Assert.All(_tools.Lines, line => Assert.Matches("^(lsblk|blkid|mdadm --examine|lvm (pvs|lvs) --readonly)", line));
    }

    [Fact]
    public void LUKS_is_opened_read_only_with_a_passphrase_that_is_on_no_command_line_and_in_no_log()
    {
        var open = _book.Open(LuksId, "hush");
        Assert.Equal((true, true), (open.IsOpen, open.IsOurs));
        Assert.Equal($"/dev/mapper/{Mapping}", Assert.Single(open.Volumes).Node);
        Assert.Equal(["blockdev --getro /dev/sda2", "blockdev --setro /dev/sda2", $"cryptsetup open --type luks --readonly --key-file=- /dev/sda2 {Mapping}"], Changes());
        Assert.DoesNotContain("hush", string.Join('\n', _tools.Lines.Concat(_log)), StringComparison.Ordinal);
        Assert.Contains("opened LUKS my disk on /dev/sda2, read-only", _log);
        _tools.Calls.Clear();
        _book.Close(LuksId);
        Assert.Equal([$"cryptsetup close {Mapping}", "blockdev --setrw /dev/sda2"], Changes());
        Assert.False(_book.List()[1].IsOpen);
    }

    [Fact]
    public void A_wrong_passphrase_is_said_to_be_one_and_leaves_nothing_behind()
    {
        var error = Assert.Throws<WrongPassphraseException>(() => _book.Open(LuksId, "other"));
        Assert.Contains("my disk", error.Message, StringComparison.Ordinal);
        Assert.Contains("keyboard layout", error.Remedy, StringComparison.Ordinal);
        Assert.Equal("blockdev --setrw /dev/sda2", Changes().Last());
        Assert.Throws<UsageException>(() => _book.Open(LuksId, null));
        Assert.DoesNotContain(_book.List(), container => container.IsOpen);
    }

    [Fact]
    public void A_volume_group_inside_shows_up_and_opens_with_those_volumes_that_only_read()
    {
        _book.Open("my disk", "hush");
        var closed = _book.List().Single(container => container.Kind == ContainerKind.Lvm);
        Assert.Equal([$"/dev/mapper/{Mapping}"], closed.Members);
        Assert.Equal(["root", "mirror"], closed.Volumes.Select(volume => volume.Name));
        Assert.Equal("its driver (raid,raid1) writes to the disks even where it is only read", closed.Volumes[1].Problem);
        _tools.Calls.Clear();
        var open = _book.Open("web-vg", null);
        Assert.Equal(("/dev/mapper/web--vg-root", "ext4", 48L << 20), (open.Volumes[0].Node, open.Volumes[0].FileSystem, open.Volumes[0].Length));
        Assert.Null(open.Volumes[1].Node);
        var change = Assert.Single(Changes(), line => line.StartsWith("lvm lvchange", StringComparison.Ordinal));
        Assert.EndsWith(" web-vg/root", change, StringComparison.Ordinal);
        Assert.Contains("metadata_read_only=1", change, StringComparison.Ordinal);
        Assert.Contains("read_only_volume_list=[\"web-vg/root\", \"web-vg/mirror\"]", change, StringComparison.Ordinal);
    }

    [Fact]
    public void A_RAID_is_assembled_read_only_over_overlays_in_memory_and_taken_apart_again()
    {
        _book.Open("web:0", null);
        Assert.Equal(
        [
            "blockdev --getro /dev/sdb", "blockdev --setro /dev/sdb", "blockdev --getro /dev/sdc", "blockdev --setro /dev/sdc",
            $"losetup --find --show {_folder.File("overlays/rescuekit-overlay-sdb")}",
            "dmsetup create rescuekit-overlay-sdb --uuid RESCUEKIT-rescuekit-overlay-sdb --table 0 131072 snapshot /dev/sdb /dev/loop7 N 8",
            $"losetup --find --show {_folder.File("overlays/rescuekit-overlay-sdc")}",
            "dmsetup create rescuekit-overlay-sdc --uuid RESCUEKIT-rescuekit-overlay-sdc --table 0 131072 snapshot /dev/sdc /dev/loop7 N 8",
            "mdadm --assemble --config=none --readonly --run /dev/md127 /dev/mapper/rescuekit-overlay-sdb /dev/mapper/rescuekit-overlay-sdc",
        ], Changes());
        var open = _book.List()[0];
        Assert.Equal(("/dev/md127", "ext4"), (open.Volumes[0].Node, open.Volumes[0].FileSystem));
        _tools.Calls.Clear();
        _book.Close("web:0");
        Assert.Equal("mdadm --stop /dev/md127", Changes()[0]);
        Assert.Equal(["blockdev --setrw /dev/sdc", "blockdev --setrw /dev/sdb"], Changes()[^2..]);
        Assert.Empty(Directory.GetFiles(_folder.File("overlays")));
    }

    [Fact]
    public void An_array_that_does_not_start_is_taken_apart_and_its_disks_are_given_back()
    {
        var tools = new FakeTools();
        tools.On("mdadm --assemble", call =>
        {
            _root.File($"/sys/block/{Path.GetFileName(call.Arguments[4])}/md/array_state", "inactive");
            return new ToolOutcome(1, "", "mdadm: /dev/md127 assembled from 1 drive - not enough to start the array.\n");
        }).On("lsblk", _ => new ToolOutcome(0, Tree(), "")).On("blkid", _ => new ToolOutcome(0, Contents(), ""))
            .On("mdadm --examine", _ => new ToolOutcome(0, Superblock("Active device 0", "a:b"), "")).On("blockdev --getro", "0\n").On("losetup --find", "/dev/loop7\n");
        _tools.Calls.Clear();
        var opener = new ContainerOpener(tools, _root.Root, new Overlay(tools, _folder.File("overlays")), _log.Add);
        var container = _book.List()[0];
        var error = Assert.Throws<DeviceException>(() => opener.Open(new FoundContainer(container, []), Layers.Read(tools), null));
        Assert.Contains("not enough to start", error.Message, StringComparison.Ordinal);
        Assert.Equal("mdadm --stop /dev/md127", tools.Lines.SkipWhile(line => !line.StartsWith("mdadm --assemble", StringComparison.Ordinal)).ElementAt(1));
        Assert.Equal("blockdev --setrw /dev/sdb", tools.Lines.Last());
        Assert.Empty(Directory.GetFiles(_folder.File("overlays")));
    }

    [Theory]
    [InlineData("Reshape pos'n : 4096", "reshaped")]
    [InlineData("Device Role : Journal", "journal")]
    [InlineData("Device UUID : c0:ffee", "same member")]
    public void An_array_that_would_write_or_is_there_twice_is_not_opened(string line, string problem)
    {
        _examined = line.StartsWith("Device Role", StringComparison.Ordinal) ? Superblock("Journal", "a:b") : Superblock("Active device 0", "a:b") + $"   {line}\n";
        if (problem == "same member") _examined = Superblock("Active device 1");
        var raid = _book.List()[0];
        Assert.False(raid.CanOpen);
        Assert.Contains(problem, raid.Problem, StringComparison.Ordinal);
        Assert.Throws<DeviceException>(() => _book.Open("web:0", null));
        Assert.DoesNotContain(_tools.Lines, asked => asked.StartsWith("blockdev", StringComparison.Ordinal));
    }

    [Fact]
    public void A_volume_group_whose_data_is_being_moved_is_not_opened()
    {
        _open.Add("luks");
        _logical += "," + Volume("[pvmove0]", "p-C---m---", "mirror");
        var group = _book.List().Single(container => container.Kind == ContainerKind.Lvm);
        Assert.False(group.CanOpen);
        Assert.Contains("pvmove", group.Problem, StringComparison.Ordinal);
    }

    /// <summary>A thin volume is as its pool's parts are, a snapshot as its origin is.</summary>
    [Theory]
    [InlineData("linear", null)]
    [InlineData("raid,raid1", "its driver (raid,raid1) writes to the disks even where it is only read")]
    public void What_a_volume_rests_on_counts_too(string layout, string? problem)
    {
        _open.Add("luks");
        _logical = string.Join(',',
        [
            Volume("thin", "Vwi-------", "thin,sparse", pool: "pool"), Volume("pool", "twi-------", "thin,pool", data: "[pool_tdata]", metadata: "[pool_tmeta]"),
            Volume("[pool_tdata]", "Twi-------", layout), Volume("[pool_tmeta]", "ewi-------", "linear"),
            Volume("base", "owi-------", layout), Volume("before", "swi-------", "linear", origin: "base"),
            Volume("lost", "-wi-----p-", "linear"),
        ]);
        var volumes = _book.List().Single(container => container.Kind == ContainerKind.Lvm).Volumes;
        Assert.Equal(["thin", "base", "before", "lost"], volumes.Select(volume => volume.Name));
        Assert.Equal([problem, problem, problem, "a disk of it is missing"], volumes.Select(volume => volume.Problem));
    }

    [Fact]
    public void What_is_in_use_is_not_closed_and_it_is_said_by_what()
    {
        _book.Open(LuksId, "hush");
        _book.Open("web-vg", null);
        Assert.Contains("LVM web-vg inside it is open", Assert.Throws<SafetyException>(() => _book.Close(LuksId)).Message, StringComparison.Ordinal);
        _mounted = "/run/rescuekit/places/p1";
        Assert.Contains("/dev/mapper/web--vg-root is mounted at /run/rescuekit/places/p1", Assert.Throws<SafetyException>(() => _book.Close("web-vg")).Message, StringComparison.Ordinal);
        _mounted = null;
        _runUses.Add("/dev/mapper/web--vg-root");
        Assert.Contains("run 1", Assert.Throws<SafetyException>(() => _book.Close("web-vg")).Message, StringComparison.Ordinal);
        _runUses.Clear();
        _book.Close("web-vg");
        _book.Close(LuksId);
        Assert.Empty(_open);
    }

    [Fact]
    public void What_somebody_else_has_opened_is_shown_and_not_closed()
    {
        _open.Add("luks");
        var luks = _book.List().Single(container => container.Kind == ContainerKind.Luks);
        Assert.Equal((true, false), (luks.IsOpen, luks.IsOurs));
        Assert.Throws<UsageException>(() => _book.Close(LuksId));
        Assert.Throws<UsageException>(() => _book.Open(LuksId, "hush"));
        _book.CloseAll();
        Assert.NotEmpty(_open);
    }

    [Fact]
    public void A_disk_that_a_run_uses_is_not_opened_and_one_below_an_open_container_is_in_no_run()
    {
        _runUses.Add("/dev/sdb");
        Assert.Throws<SafetyException>(() => _book.Open("web:0", null));
        Assert.Empty(Changes());
        _book.MustNotHold(["/dev/sda2"]);
        _book.Open(LuksId, "hush");
        var refused = Assert.Throws<SafetyException>(() => _book.MustNotHold(["/tmp/x", "/dev/sda2"]));
        Assert.Contains("LUKS my disk", refused.Message, StringComparison.Ordinal);
        Assert.Contains("close it first", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void All_are_closed_the_innermost_first()
    {
        _book.Open(LuksId, "hush");
        _book.Open("web-vg", null);
        _tools.Calls.Clear();
        _book.CloseAll();
        Assert.Equal(["lvm vgchange", "blockdev --setrw", "cryptsetup close", "blockdev --setrw"], Changes().Select(line => string.Join(' ', line.Split(' ')[..2])));
        Assert.Empty(_open);
    }

    [Fact]
    public void A_disk_and_its_clone_have_ids_of_their_own()
    {
        _reports.Append($"\n\nDEVNAME=/dev/sdd\nUUID={LuksId}\nTYPE=crypto_LUKS\n");
        Assert.Equal([$"{LuksId}@sdd", $"{LuksId}@sda2"], _book.List().Where(container => container.Kind == ContainerKind.Luks).Select(container => container.Id));
    }

    private List<string> Changes() =>
        [.. _tools.Lines.Where(line => !line.StartsWith("lsblk", StringComparison.Ordinal) && !line.StartsWith("blkid", StringComparison.Ordinal)
            && !line.StartsWith("mdadm --examine", StringComparison.Ordinal) && !line.Contains("--readonly --reportformat", StringComparison.Ordinal))];

    private ToolOutcome Turn(string what, int exitCode, bool on = true)
    {
        if (exitCode == 0 && on) _open.Add(what);
        else _open.Remove(what);
        return new ToolOutcome(exitCode, "", exitCode == 0 ? "" : "No key available with this passphrase.\n");
    }

    private string Tree()
    {
        var mounted = _mounted is null ? "null" : $"\"{_mounted}\"";
        var volume = _open.Contains("lvm") ? Device("/dev/mapper/web--vg-root", "lvm", 48 << 20, "", mounted) : "";
        var crypt = _open.Contains("luks") ? Device($"/dev/mapper/{Mapping}", "crypt", 60 << 20, volume) : "";
        var array = _open.Contains("raid") ? Device("/dev/md127", "raid1", 63 << 20) : "";
        var (one, two) = _open.Contains("raid")
            ? (Device("/dev/mapper/rescuekit-overlay-sdb", "dm", 64 << 20, array), Device("/dev/mapper/rescuekit-overlay-sdc", "dm", 64 << 20, array))
            : ("", "");
        return $$"""
            {"blockdevices": [{{Device("/dev/sda", "disk", 80 << 20, Device("/dev/sda2", "part", 64 << 20, crypt))}},
              {{Device("/dev/sdb", "disk", 64 << 20, one)}}, {{Device("/dev/sdc", "disk", 64 << 20, two)}}, {{Device("/dev/sdd", "disk", 64 << 20)}}]}
            """;
    }

    private static string Device(string path, string type, long size, string children = "", string mounted = "null") =>
        $$"""{"path": "{{path}}", "type": "{{type}}", "size": {{size}}, "mountpoint": {{mounted}}{{(children.Length > 0 ? $", \"children\": [{children}]" : "")}}}""";

    private string Contents() => $"""
        DEVNAME=/dev/sda2
        UUID={LuksId}
        LABEL=my\ disk
        TYPE=crypto_LUKS

        DEVNAME=/dev/sdb
        UUID=raid-1
        UUID_SUB=sub-b
        LABEL=web:0
        TYPE=linux_raid_member

        DEVNAME=/dev/sdc
        UUID=raid-1
        UUID_SUB=sub-c
        LABEL=web:0
        TYPE=linux_raid_member
        """ + _reports
        + (_open.Contains("luks") ? $"\n\nDEVNAME=/dev/mapper/{Mapping}\nUUID=pv-1\nTYPE=LVM2_member" : "")
        + (_open.Contains("lvm") ? "\n\nDEVNAME=/dev/mapper/web--vg-root\nTYPE=ext4" : "")
        + (_open.Contains("raid") ? "\n\nDEVNAME=/dev/md127\nTYPE=ext4" : "");

    private static string Superblock(string role, string? id = null) => $"""
        /dev/sdb:
                  Magic : a92b4efc
             Array UUID : 1
                   Name : web:0
             Raid Level : raid1
           Raid Devices : 3
            Device UUID : {id ?? (role == "Active device 1" ? "c0:ffee" : "a:b")}
            Device Role : {role}

        """;

    private static string Volume(
        string name, string attributes, string layout, string origin = "", string pool = "", string data = "", string metadata = "") =>
        $$"""{"vg_uuid": "vg-1", "origin": "{{origin}}", "pool_lv": "{{pool}}", "data_lv": "{{data}}", "metadata_lv": "{{metadata}}", "lv_name": "{{name}}", "lv_attr": "{{attributes}}", "lv_layout": "{{layout}}", "lv_size": "{{48 << 20}}"}""";
}
