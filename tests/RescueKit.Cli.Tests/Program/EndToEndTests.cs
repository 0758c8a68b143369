using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>Every command on a small real disk in a file: exit codes, what goes to which stream, what is left behind.</summary>
public sealed class EndToEndTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_disk_is_imaged_described_verified_and_restored()
    {
        var disk = SmallDisk.Make(_folder);
        var before = Digest(disk);
        var image = _folder.File("disk.rki");

        var create = Must("image", "create", disk, image, "--codec", "zstd", "--verify");
        Assert.Contains("Plan: backup", create.Output, StringComparison.Ordinal);
        Assert.Contains("Backup: complete", create.Output, StringComparison.Ordinal);
        Assert.Contains("reading: ", create.Error, StringComparison.Ordinal);
        Assert.Equal(before, Digest(disk));

        using var info = Json(Must("image", "info", image, "--json"));
        Assert.True(info.RootElement.GetProperty("complete").GetBoolean());
        Assert.False(info.RootElement.GetProperty("encrypted").GetBoolean());
        Assert.Equal(["FAT12", "ext4"], Strings(info, "partitions", "file_system"));
        Assert.Equal(["ESPLABEL", "rootlabel"], Strings(info, "partitions", "label"));
        Assert.Contains("complete image", Must("image", "info", image).Output, StringComparison.Ordinal);

        using var verified = Json(Must("image", "verify", image, "--json"));
        Assert.Equal("complete", verified.RootElement.GetProperty("verdict").GetString());

        var target = _folder.File("new.raw");
        var restore = Must("image", "restore", image, target, "--verify", "--quiet");
        Assert.Equal("", restore.Error);
        SmallDisk.MustBeWhole(target, _folder);
    }

    [Fact]
    public void A_disk_is_cloned()
    {
        var disk = SmallDisk.Make(_folder);
        var target = _folder.File("copy.raw");
        var receipt = _folder.File("receipt.json");
        using var printed = Json(Must("clone", disk, target, "--json", "--receipt", receipt));
        Assert.Equal("clone", printed.RootElement.GetProperty("operation").GetString());
        Assert.Equal(printed.RootElement.GetRawText(), JsonDocument.Parse(File.ReadAllText(receipt)).RootElement.GetRawText());
        SmallDisk.MustBeWhole(target, _folder);
    }

    [Fact]
    public void Disk_show_and_list_tell_what_is_there()
    {
        var disk = SmallDisk.Make(_folder);
        using var shown = Json(Must("disk", "show", disk, "--json"));
        Assert.Equal(32 << 20, shown.RootElement.GetProperty("length").GetInt64());
        Assert.Equal("disk.raw", shown.RootElement.GetProperty("confirm_id").GetString());
        Assert.Equal("gpt", shown.RootElement.GetProperty("table").GetString());
        Assert.Equal(["FAT12", "ext4"], Strings(shown, "partitions", "file_system"));
        Assert.Contains("rootlabel", Must("disk", "show", disk).Output, StringComparison.Ordinal);
        using var list = Json(Must("disk", "list", "--json"));
        Assert.Equal(JsonValueKind.Array, list.RootElement.GetProperty("disks").ValueKind);
        Assert.NotEmpty(Must("disk", "list").Output);
    }

    [Fact]
    public void A_dry_run_leaves_nothing_behind()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        Assert.Contains("Dry run", Must("image", "create", disk, image, "--dry-run").Output, StringComparison.Ordinal);
        Assert.Contains("Dry run", Must("clone", disk, _folder.File("copy.raw"), "--dry-run").Output, StringComparison.Ordinal);
        Assert.False(File.Exists(image));
        Must("image", "create", disk, image, "--quiet");
        using var plan = Json(Must("image", "restore", image, _folder.File("new.raw"), "--dry-run", "--json"));
        Assert.Equal("restore", plan.RootElement.GetProperty("operation").GetString());
        Assert.False(File.Exists(_folder.File("new.raw")));
        Assert.False(File.Exists(_folder.File("copy.raw")));
    }

    [Fact]
    public void Writing_over_a_file_needs_its_name()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        Must("image", "create", disk, image, "--quiet");
        var target = _folder.File("victim.raw");
        File.WriteAllBytes(target, RandomNumberGenerator.GetBytes(33 << 20));
        var before = Digest(target);

        var unconfirmed = Rescuekit.Run("image", "restore", image, target);
        Assert.Equal(4, unconfirmed.ExitCode);
        Assert.Contains("--confirm victim.raw", unconfirmed.Error, StringComparison.Ordinal);
        var wrong = Rescuekit.Run("image", "restore", image, target, "--confirm", "disk.raw", "--json");
        Assert.Equal(4, wrong.ExitCode);
        Assert.Equal("safety", Json(wrong).RootElement.GetProperty("kind").GetString());
        Assert.Equal(4, Rescuekit.Run("clone", disk, target).ExitCode);
        Assert.Equal(before, Digest(target));

        Must("image", "restore", image, target, "--confirm", "victim.raw");
        SmallDisk.MustBeWhole(target, _folder);
    }

    [Fact]
    public void What_would_destroy_the_source_is_refused()
    {
        var disk = SmallDisk.Make(_folder);
        var before = Digest(disk);
        Assert.Equal(4, Rescuekit.Run("clone", disk, disk, "--confirm", "disk.raw").ExitCode);
        Assert.Equal(4, Rescuekit.Run("image", "create", disk, disk).ExitCode);
        Assert.Equal(before, Digest(disk));
    }

    [Fact]
    public void A_receipt_never_lands_on_the_source_the_target_or_the_image()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        var before = Digest(disk);
        Assert.Equal(4, Rescuekit.Run("image", "create", disk, image, "--receipt", disk).ExitCode);
        Assert.Equal(4, Rescuekit.Run("image", "create", disk, image, "--receipt", image).ExitCode);
        Assert.Equal(before, Digest(disk));
        Assert.False(File.Exists(image));
        Must("image", "create", disk, image, "--quiet");
        var made = Digest(image);
        var target = _folder.File("new.raw");
        foreach (var name in (string[])[image, target])
            Assert.Equal(4, Rescuekit.Run("image", "restore", image, target, "--receipt", name).ExitCode);
        Assert.Equal(4, Rescuekit.Run("image", "verify", image, "--receipt", image).ExitCode);
        Assert.Equal(made, Digest(image));
        Assert.False(File.Exists(target));
    }

    [Fact]
    public void Damaged_images_end_with_3_and_missing_files_with_1()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        Must("image", "create", disk, image, "--codec", "none", "--quiet");
        Assert.Equal(3, Rescuekit.Run("image", "verify", disk).ExitCode);
        Assert.Equal(1, Rescuekit.Run("image", "verify", _folder.File("none.rki")).ExitCode);
        Assert.Equal(1, Rescuekit.Run("disk", "show", _folder.File("none.raw")).ExitCode);

        using (var file = new FileStream(image, FileMode.Open))
        {
            file.Position = file.Length / 2;
            var value = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(value ^ 1));
        }
        var damaged = Rescuekit.Run("image", "verify", image, "--json");
        Assert.Equal(3, damaged.ExitCode);
        Assert.Equal(3, Json(damaged).RootElement.GetProperty("exit_code").GetInt32());
        Assert.Contains("error: ", damaged.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_restore_that_fails_half_way_has_a_receipt_all_the_same()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        Must("image", "create", disk, image, "--codec", "none", "--quiet");
        using (var file = new FileStream(image, FileMode.Open))
        {
            file.Position = file.Length / 2;
            var value = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(value ^ 1));
        }
        var receipt = _folder.File("receipt.json");
        var restore = Rescuekit.Run("image", "restore", image, _folder.File("new.raw"), "--json", "--receipt", receipt);
        Assert.Equal(3, restore.ExitCode);
        using var printed = Json(restore);
        Assert.Contains("neither booted nor mounted", printed.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("another copy", printed.RootElement.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        using var written = JsonDocument.Parse(File.ReadAllText(receipt));
        foreach (var found in (JsonElement[])[printed.RootElement.GetProperty("receipt"), written.RootElement])
        {
            Assert.Equal("failed", found.GetProperty("verdict").GetString());
            Assert.False(found.GetProperty("cancelled").GetBoolean());
            Assert.Equal(3, found.GetProperty("exit_code").GetInt32());
        }
    }

    [Fact]
    public void A_restore_of_an_image_that_lacks_partitions_ends_with_5_and_names_them()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        Must("image", "create", disk, image, "--partition", "2", "--quiet");
        var restore = Rescuekit.Run("image", "restore", image, _folder.File("new.raw"), "--json");
        Assert.Equal(5, restore.ExitCode);
        using var printed = Json(restore);
        Assert.Equal("Partition 1 is not part of the image.", printed.RootElement.GetProperty("skipped")[0].GetString());
        Assert.Equal("complete with losses", printed.RootElement.GetProperty("verdict").GetString());
    }

    [Fact]
    public void Info_of_an_image_without_one_of_its_parts_ends_with_3()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        Must("image", "create", disk, image, "--codec", "none", "--split", "2M", "--quiet");
        Must("image", "info", image);
        File.Delete(image + ".002");
        var info = Rescuekit.Run("image", "info", image, "--json");
        Assert.Equal(3, info.ExitCode);
        using var printed = Json(info);
        Assert.Equal(2, printed.RootElement.GetProperty("missing_parts")[0].GetInt32());
    }

    [Fact]
    public void An_encrypted_image_opens_with_its_passphrase_only_and_tells_nothing_without()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("secret.rki");
        var key = _folder.File("key");
        File.WriteAllText(key, "correct horse\n");
        var wrong = _folder.File("wrong");
        File.WriteAllText(wrong, "battery staple\n");

        var create = Rescuekit.Shell($"\"$R\" image create '{disk}' '{image}' --encrypt --passphrase-fd 3 --split 2M --codec none --quiet 3<'{key}'");
        Assert.True(create.Ok, create.Everything);
        foreach (var file in Directory.GetFiles(_folder.FullPath, "secret.rki*"))
        {
            var bytes = File.ReadAllBytes(file);
            foreach (var text in (string[])[SmallDisk.Secret, "rootlabel", "ESPLABEL", "disk.raw", "ext4"])
                Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)) < 0, $"{file} holds '{text}'");
        }

        using var clear = Json(Must("image", "info", image, "--json"));
        Assert.True(clear.RootElement.GetProperty("encrypted").GetBoolean());
        Assert.False(clear.RootElement.GetProperty("opened").GetBoolean());
        Assert.InRange(clear.RootElement.GetProperty("parts").GetArrayLength(), 2, 100);
        using var opened = Json(Must("image", "info", image, "--json", "--passphrase-file", key));
        Assert.Equal(["ESPLABEL", "rootlabel"], Strings(opened, "partitions", "label"));

        Assert.Equal(2, Rescuekit.Run("image", "verify", image).ExitCode);
        Assert.Equal(3, Rescuekit.Run("image", "verify", image, "--passphrase-file", wrong).ExitCode);
        Must("image", "verify", image, "--passphrase-file", key, "--receipt", _folder.File("verified.json"));
        Must("image", "restore", image, _folder.File("new.raw"), "--passphrase-file", key, "--receipt", _folder.File("restored.json"));
        foreach (var receipt in (string[])["verified.json", "restored.json", "secret.rki.receipt.json"])
        {
            foreach (var text in (string[])["rootlabel", "ESPLABEL", ".raw", "ext4"])
                Assert.DoesNotContain(text, File.ReadAllText(_folder.File(receipt)), StringComparison.Ordinal);
        }
        SmallDisk.MustBeWhole(_folder.File("new.raw"), _folder);
    }

    private static ToolResult Must(params string[] arguments)
    {
        var result = Rescuekit.Run(arguments);
        Assert.True(result.Ok, result.Everything);
        return result;
    }

    private static JsonDocument Json(ToolResult result) => JsonDocument.Parse(result.Output);

    private static List<string?> Strings(JsonDocument document, string list, string field) =>
        [.. document.RootElement.GetProperty(list).EnumerateArray().Select(e => e.GetProperty(field).GetString())];

    private static string Digest(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexString(SHA256.HashData(stream));
    }
}
