using System.Diagnostics;
using System.Text.Json;
using RescueKit.Testing.Disks;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>What Clonezilla and partclone saved becomes an image: the real partclone saves, the file systems' own tools say what came back. Needs no root.</summary>
public sealed class ImportTests(SmallSaves small) : IClassFixture<SmallSaves>, IDisposable
{
    private readonly TempFolder _folder = new();

    private string Saved => _folder.Folder("saved");

    public void Dispose() => _folder.Dispose();

    private string Image => _folder.File("disk.rki");

    public static TheoryData<string, int> Packings => new() { { "zst", 1_000_000 }, { "gz", 1_000_000 }, { "uncomp", 1_000_000 }, { "xz", 0 }, { "lz4", 0 }, { "bz2", 0 } };

    [Fact]
    public void A_small_disk_comes_back()
    {
        var disk = small.Copy("zst", sums: true, Saved);
        var before = Corpus.Digests(Saved);
        var made = Must("image", "create", Saved, Image, "--verify");
        Assert.Contains("unpacking", made.Error, StringComparison.Ordinal);
        Assert.Contains("2023-05-17 09:30:11 UTC", made.Output, StringComparison.Ordinal);
        Assert.Equal(before, Corpus.Digests(Saved));
        OnlyTheImageIsLeft();
        disk.MustBe(Restored());
    }

    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [MemberData(nameof(Packings))]
    public void A_disk_with_a_GPT_comes_back(string packed, int pieceBytes)
    {
        var disk = SavedDisk.Gpt(_folder);
        new ClonezillaSave { Packed = packed, PieceBytes = pieceBytes, Sums = true }.Save(disk.File, Saved);
        Must("image", "create", Saved, Image);
        disk.MustBe(Restored());
    }

    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData("gz", 0)]
    [InlineData("uncomp", 3_000_000)]
    public void A_disk_with_an_MBR_comes_back_with_its_boot_code_and_logical_partitions(string packed, int pieceBytes)
    {
        var disk = SavedDisk.Mbr(_folder);
        new ClonezillaSave { Disk = "nvme0n1", Packed = packed, PieceBytes = pieceBytes }.Save(disk.File, Saved);
        Must("image", "create", Saved, Image);
        disk.MustBe(Restored());
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void One_of_several_disks_is_named()
    {
        var (one, other) = (SavedDisk.Small(_folder), SavedDisk.Mbr(_folder));
        new ClonezillaSave().Save(one.File, Saved);
        new ClonezillaSave { Disk = "sdb" }.Save(other.File, Saved);
        var unclear = Rescuekit.Run("image", "create", Saved, Image);
        Assert.True(unclear.ExitCode == 2, unclear.Everything);
        Assert.Contains($"{Saved}:sda, {Saved}:sdb", unclear.Error, StringComparison.Ordinal);
        Assert.Equal(2, Rescuekit.Run("image", "create", $"{Saved}:sdc", Image).ExitCode);
        Must("image", "create", $"{Saved}:sda", Image, "--scratch", _folder.Folder("scratch"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Folder("scratch")));
        one.MustBe(Restored());
    }

    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData("gz", 500_000, ".aa")]
    [InlineData("uncomp", 0, "")]
    public void One_partclone_image_is_a_disk_without_a_table(string packed, int pieceBytes, string ending)
    {
        var disk = small.Disk;
        var volume = disk.Volume(disk.File, "ext4");
        var image = Path.Combine(Saved, $"root.ext4-ptcl-img.{packed}");
        new ClonezillaSave { Packed = packed, PieceBytes = pieceBytes }.SaveVolume(volume, "ext4", image);
        Must("image", "create", image + ending, Image);
        disk.MustBeSound("ext4", Restored(), volume);
    }

    [Fact]
    public void Partclones_first_format_is_read_and_its_weakness_told()
    {
        var disk = small.Disk;
        var volume = disk.Volume(disk.File, "ext4");
        var image = Path.Combine(Saved, "sda1.ext4-ptcl-img");
        File.WriteAllBytes(image, ClonezillaSave.FirstFormat(File.ReadAllBytes(volume), 1024));
        Tool.Must("partclone.chkimg", "-s", image, "-L", "/dev/null");
        Assert.Contains("format 0001", Must("image", "create", image, Image).Output, StringComparison.Ordinal);
        disk.MustBeSound("ext4", Restored(), volume);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void What_Clonezilla_was_not_told_to_save_is_left_out()
    {
        var disk = SavedDisk.Mbr(_folder);
        new ClonezillaSave { Packed = "uncomp" }.Save(disk.File, Saved);
        File.WriteAllText(Path.Combine(Saved, "parts"), "sda1 sda5\n");
        File.Delete(Path.Combine(Saved, "sda6.vfat-ptcl-img.uncomp"));
        Assert.Contains("partition 6, which the image leaves out", Must("image", "create", Saved, Image).Output, StringComparison.Ordinal);
        using var info = JsonDocument.Parse(Must("image", "info", Image, "--json").Output);
        Assert.Equal(new[] { true, true, false }, info.RootElement.GetProperty("partitions").EnumerateArray().Select(partition => partition.GetProperty("included").GetBoolean()));
        Assert.Equal(2, Rescuekit.Run("image", "create", Saved, _folder.File("other.rki"), "--partition", "6").ExitCode);
    }

    [Fact]
    public void Damage_of_a_packed_piece_is_named() => Damage_is_named_and_leaves_no_image("a byte of a packed piece", "zst", sums: false, "sda1.ext4-ptcl-img.zst");

    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData("a byte of an unpacked piece", "uncomp", false, "sda1.ext4-ptcl-img.uncomp")]
    [InlineData("a byte that only a sum guards", "uncomp", true, "sda-gpt-1st is damaged")]
    [InlineData("a piece in the middle", "gz", false, "sda1.ext4-ptcl-img.gz.ab is missing")]
    [InlineData("the last piece, which a sum names", "uncomp", true, "is missing")]
    [InlineData("the last piece", "uncomp", false, "sda1.ext4-ptcl-img.uncomp")]
    [InlineData("the end of the last piece", "gz", false, "sda1.ext4-ptcl-img.gz")]
    [InlineData("all pieces", "gz", false, "no image of sda1")]
    [InlineData("a byte of the table", "gz", false, "sda-gpt-1st holds no sound GPT")]
    [InlineData("the table", "gz", false, "sda-gpt-1st is missing")]
    public void Damage_is_named_and_leaves_no_image(string what, string packed, bool sums, string named)
    {
        small.Copy(packed, sums, Saved);
        var pieces = Directory.EnumerateFiles(Saved, "sda1.*").Order(StringComparer.Ordinal).ToList();
        Assert.True(pieces.Count > 2);
        switch (what)
        {
            case "a byte of a packed piece" or "a byte of an unpacked piece":
                Flip(pieces[1], 300_000);
                break;
            case "a byte that only a sum guards":
                Flip(Path.Combine(Saved, "sda-gpt-1st"), 100);
                break;
            case "a piece in the middle":
                File.Delete(pieces[1]);
                break;
            case "the last piece" or "the last piece, which a sum names":
                File.Delete(pieces[^1]);
                break;
            case "the end of the last piece":
                File.WriteAllBytes(pieces[^1], File.ReadAllBytes(pieces[^1])[..^5]);
                break;
            case "all pieces":
                pieces.ForEach(File.Delete);
                break;
            case "a byte of the table":
                Flip(Path.Combine(Saved, "sda-gpt-1st"), 520);
                break;
            case "the table":
                File.Delete(Path.Combine(Saved, "sda-gpt-1st"));
                break;
        }
        Refused(3, named);
    }

    [Theory]
    [InlineData(3, "eCryptfs", "ecryptfs.info", "disk_of_img='sda'")]
    [InlineData(3, "LVM volumes", "lvm_vg_dev.list", "vg /dev/sda1 Wf8wcE")]
    [InlineData(3, "LUKS volumes", "luks-dev.list", "/dev/sda1 7d5a ocs_luks")]
    [InlineData(3, "an image of ntfsclone", "sda1.ntfs-img.aa", "")]
    [InlineData(3, "several images of sda1", "sda1.xfs-ptcl-img.gz.aa", "")]
    [InlineData(3, "an image of partimage", "sda1.000", "")]
    [InlineData(3, "has sectors of 4096 bytes", "sda-pt.parted", "Disk /dev/sda: 8192s\nSector size (logical/physical): 4096B/4096B\n")]
    [InlineData(3, "is a link", "sda-mbr", null)]
    public void What_cannot_be_imported_is_refused_by_name(int code, string named, string file, string? content)
    {
        small.Copy("uncomp", sums: false, Saved);
        foreach (var piece in Directory.EnumerateFiles(Saved, "sda1.*").Where(_ => named.StartsWith("an image", StringComparison.Ordinal))) File.Delete(piece);
        var path = Path.Combine(Saved, file);
        File.Delete(path);
        if (content is null) File.CreateSymbolicLink(path, "/etc/hostname");
        else File.WriteAllText(path, content);
        Refused(code, named);
    }

    [Fact]
    public void A_folder_of_another_kind_a_name_that_leaves_it_and_an_image_in_it_are_refused()
    {
        Refused(2, "none of Clonezilla's");
        var disk = small.Copy("uncomp", sums: false, Saved);
        foreach (var options in (string[][])[["--hot"], ["--dry-run", "--json"], ["--partition", "2"]])
            Assert.Equal(2, Rescuekit.Run(["image", "create", Saved, Image, .. options]).ExitCode);
        Assert.Equal(2, Rescuekit.Run("image", "create", $"{Saved}:../saved/sda", Image).ExitCode);
        Assert.Equal(4, Rescuekit.Run("image", "create", Saved, Path.Combine(Saved, "disk.rki")).ExitCode);
        Assert.Equal(4, Rescuekit.Run("image", "create", Saved, Image, "--scratch", Saved).ExitCode);
        Assert.Equal(2, Rescuekit.Run("image", "create", disk.File, Image, "--scratch", _folder.FullPath).ExitCode);
        var shown = Must("image", "create", Saved, Image, "--dry-run");
        Assert.Contains("a disk of 32.0 MiB", shown.Output, StringComparison.Ordinal);
        OnlyTheImageIsLeft(0);
        File.WriteAllText(Path.Combine(Saved, "disk"), "../../etc/sda\n");
        File.WriteAllText(Path.Combine(Saved, "parts"), "../../etc/sda1\n");
        Must("image", "create", $"{Saved}:sda", Image);
    }

    [Fact]
    public void A_run_that_is_cancelled_leaves_nothing()
    {
        small.Copy("zst", sums: false, Saved);
        using var process = Process.Start(new ProcessStartInfo(Rescuekit.Path, ["image", "create", Saved, Image]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        while (!process.HasExited && !File.Exists(Image + ".unpacked")) Thread.Sleep(1);
        Tool.Run("kill", "-s", "INT", $"{process.Id}");
        var said = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), "it goes on");
        Assert.True(process.ExitCode == 130, said);
        OnlyTheImageIsLeft(0);
    }

    private void Refused(int code, string named)
    {
        var result = Rescuekit.Run("image", "create", Saved, Image);
        Assert.True(result.ExitCode == code, result.Everything);
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
        Assert.Contains("try:", result.Error, StringComparison.Ordinal);
        OnlyTheImageIsLeft(0);
    }

    private void OnlyTheImageIsLeft(int images = 1) => Assert.Equal(2 * images, Directory.EnumerateFiles(_folder.FullPath, "disk.rki*").Count());

    private string Restored()
    {
        var back = _folder.File("back.raw");
        var size = JsonDocument.Parse(Must("image", "info", Image, "--json").Output).RootElement.GetProperty("disk").GetProperty("length").GetInt64();
        var noise = new byte[1 << 20];
        new Random(9).NextBytes(noise);
        using (var file = File.Create(back))
        {
            for (long at = 0; at < size; at += noise.Length) file.Write(noise.AsSpan(0, (int)Math.Min(noise.Length, size - at)));
        }
        Must("image", "restore", Image, back, "--confirm", "back.raw");
        return back;
    }

    private static void Flip(string file, int at)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[Math.Min(at, bytes.Length - 1)] ^= 0x40;
        File.WriteAllBytes(file, bytes);
    }

    private static ToolResult Must(params string[] arguments)
    {
        var result = Rescuekit.Run(arguments);
        Assert.True(result.Ok, result.Everything);
        return result;
    }
}

/// <summary>A small disk, saved once in each way.</summary>
public sealed class SmallSaves : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Lazy<SavedDisk> _disk;

    public SmallSaves() => _disk = new(() => SavedDisk.Small(_folder));

    internal SavedDisk Disk => _disk.Value;

    /// <summary>Puts what was saved into a folder, in pieces.</summary>
    internal SavedDisk Copy(string packed, bool sums, string to)
    {
        var saved = _folder.File($"{packed}{sums}");
        if (!Directory.Exists(saved)) new ClonezillaSave { Packed = packed, Sums = sums, PieceBytes = 200_000 }.Save(Disk.File, Directory.CreateDirectory(saved).FullName);
        Tool.Must("cp", "-a", $"{saved}/.", to);
        return Disk;
    }

    public void Dispose() => _folder.Dispose();
}
