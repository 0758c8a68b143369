using RescueKit.Agent.Ids;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Agent.Tools;
using RescueKit.Engine.Ids;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Ids;

public sealed class DiskIdRenewerTests : IDisposable
{
    private const string OfRoot = "6f1f6ee4-1f1c-4a52-8a7e-0000000000a1", OfFat = "AB12-CD34", OfDisk = "6f1f6ee4-1f1c-4a52-8a7e-0000000000ff", NewOfDisk = "11111111-2222-3333-4444-5555555555ff";
    private readonly TempFolder _folder = new();
    private readonly FakeTools _tools = new();
    private readonly Dictionary<string, string> _ids = [];
    private readonly Dictionary<string, string> _texts = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_boot_partition_that_no_fstab_names_is_adapted()
    {
        Mounting("vfat", ("loader/entries/a.conf", $"options root=UUID={OfFat} rd.id={OfDisk}"), ("EFI/linux.efi", OfFat));
        var renewal = Renew(new IdVolume(0, "FAT32", OfFat, null));
        Assert.Equal($"options root=UUID={_ids["fatlabel"]} rd.id={NewOfDisk}", _texts["loader/entries/a.conf"]);
        Assert.Equal(["Partition 0 (FAT32): /EFI/linux.efi still names the old ids."], renewal.Complaints);
        Assert.False(renewal.IsLeftInUse);
        Assert.Contains(_tools.Lines, line => line.StartsWith("mount -t vfat -o nodev,nosuid /dev/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_partition_of_files_is_left_as_it_is()
    {
        Mounting("vfat", ("notes.txt", OfFat));
        Assert.Empty(Renew(new IdVolume(0, "FAT32", OfFat, null)).Complaints);
        Assert.Equal(OfFat, _texts["notes.txt"]);
    }

    /// <summary>Also by the files that a link in /etc leads to.</summary>
    [Fact]
    public void A_systems_fstab_is_rewritten_wherever_it_lies()
    {
        Mounting("ext4", ("srv/tables/fstab", $"UUID={OfRoot} / ext4 defaults\n"), ("srv/tables/crypttab", $"swap UUID={OfRoot}\n"), ("etc/fstab", "-> ../srv/tables/fstab"), ("etc/crypttab", "-> /srv/tables/crypttab"));
        Renew(new IdVolume(0, "ext4", OfRoot, null));
        Assert.Equal($"UUID={_ids["tune2fs"]} / ext4 defaults\n", _texts["srv/tables/fstab"]);
        Assert.Equal($"swap UUID={_ids["tune2fs"]}\n", _texts["srv/tables/crypttab"]);
    }

    [Fact]
    public void What_goes_wrong_with_files_is_a_complaint()
    {
        _tools.On("setsid --wait fatlabel", _ => throw new IOException("Input/output error."));
        Mounting("vfat");
        Assert.Equal(["Partition 0 (FAT32) keeps its id: Input/output error."], Renew(new IdVolume(0, "FAT32", OfFat, null)).Complaints);
    }

    /// <summary>The tool itself refuses what is mounted.</summary>
    [Fact]
    public void An_XFS_whose_folder_cannot_be_taken_away_is_left_to_its_tool()
    {
        _tools.On("mount -t xfs -o nouuid", call =>
        {
            File.WriteAllText(Path.Combine(call.Arguments[^1], "file"), "");
            return new ToolOutcome(0, "", "");
        });
        _tools.On("blkid", _ => new ToolOutcome(0, "an id\n", ""));
        IdTool.Of("XFS", _tools)!.Change("/dev/sdx1", "an id");
        Assert.Contains("setsid --wait xfs_admin -U an id /dev/sdx1", _tools.Lines);
        Directory.Delete(_tools.Calls.First(call => call.Program == "mount").Arguments[^1], recursive: true);
    }

    [Fact]
    public void A_disk_that_cannot_be_let_go_of_is_named()
    {
        _tools.On("losetup --detach", exitCode: 1, error: "busy");
        Mounting("vfat");
        var renewal = Renew(new IdVolume(0, "FAT32", OfFat, null));
        Assert.True(renewal.IsLeftInUse);
        Assert.EndsWith("is still attached as /dev/loop-of-a-test: busy.", Assert.Single(renewal.Complaints), StringComparison.Ordinal);
    }

    private IdRenewal Renew(IdVolume volume)
    {
        var path = _folder.File("disk");
        File.WriteAllText(path, "a disk");
        _tools.On("losetup --find", "/dev/loop-of-a-test\n");
        _tools.On("setsid --wait fatlabel", call => Take("fatlabel", $"{call.Arguments[^1][..4]}-{call.Arguments[^1][4..]}"));
        _tools.On("setsid --wait tune2fs", call => Take("tune2fs", call.Arguments.First(word => Guid.TryParse(word, out _))));
        _tools.On("blkid", _ => new ToolOutcome(0, $"{_ids.Values.Single()}\n", ""));
        return new DiskIdRenewer(_tools).Renew(new IdDisk(path, PartitionTableKind.None, 512, new IdChange(OfDisk, NewOfDisk), [volume]), _ => { }, CancellationToken.None);
    }

    private ToolOutcome Take(string tool, string id)
    {
        _ids[tool] = id;
        return new ToolOutcome(0, "", "");
    }

    /// <summary>Has mounting make files ("-> " a link), and unmounting note down what they hold.</summary>
    private void Mounting(string type, params (string Path, string Text)[] files)
    {
        _tools.On($"mount -t {type} -o nodev,nosuid", call =>
        {
            foreach (var (path, text) in files)
            {
                var file = Path.Combine(call.Arguments[^1], path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                if (text.StartsWith("-> ", StringComparison.Ordinal)) File.CreateSymbolicLink(file, text[3..]);
                else File.WriteAllText(file, text);
            }
            return new ToolOutcome(0, "", "");
        });
        _tools.On("umount", call =>
        {
            var root = call.Arguments[^1];
            foreach (var (path, text) in files.Where(file => !file.Text.StartsWith("-> ", StringComparison.Ordinal))) _texts[path] = File.ReadAllText(Path.Combine(root, path));
            foreach (var folder in Directory.EnumerateDirectories(root)) Directory.Delete(folder, recursive: true);
            foreach (var file in Directory.EnumerateFiles(root)) File.Delete(file);
            return new ToolOutcome(0, "", "");
        });
    }
}
