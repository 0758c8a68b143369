using RescueKit.Media.Boot;
using RescueKit.Media.Screen;
using RescueKit.Media.Tools;
using RescueKit.Testing.Tools;

namespace RescueKit.Media.Tests;

public sealed class EnvironmentScriptTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string> Scripts() =>
        [.. Assets.Below("system").Append("init").Where(name => Assets.Text(name).Contains("sh\n", StringComparison.Ordinal) && Assets.Text(name).StartsWith("#!", StringComparison.Ordinal))];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Scripts))]
    public void The_environments_shell_understands_every_script(string name)
    {
        File.WriteAllText(_folder.File("script"), Assets.Text(name));
        Tool.Must("busybox", "sh", "-n", _folder.File("script"));
    }

    [Theory]
    [InlineData("quiet rescuekit.run=now", "now")]
    [InlineData("rescuekit.run=first rescuekit.run=last quiet", "last")]
    [InlineData("rescuekit.run=\"disk list --json\" quiet", "disk list --json")]
    [InlineData("\"rescuekit.run=disk list\" quiet", "disk list")]
    [InlineData("\"rescuekit.run=image info \\'my image.rki\\'\"", "image info 'my image.rki'")]
    [InlineData("xrescuekit.run=no rescuekit.runs=no", null)]
    [InlineData("rescuekit.run", null)]
    public void A_word_of_the_kernel_command_line_is_found(string line, string? value)
    {
        var (script, file) = (_folder.File("option"), _folder.File("cmdline"));
        File.WriteAllText(script, Assets.Text("system/usr/lib/rescuekit/option"));
        File.WriteAllText(file, line + "\n");
        var found = Tool.Run("busybox", "awk", "-f", script, "rescuekit.run", file);
        Assert.Equal(value is null ? 1 : 0, found.ExitCode);
        Assert.Equal(value is null ? "" : value + "\n", found.Output);
    }

    [Theory]
    [InlineData("image create /dev/sda smb://joe:se:cr/et@nas/backup/a.rki", "image create /dev/sda smb://joe:***@nas/backup/a.rki")]
    [InlineData("rescuekit.run=\"image verify ssh://a:b@c/d\" x=smb://e:f@g/h", "rescuekit.run=\"image verify ssh://a:***@c/d\" x=smb://e:***@g/h")]
    [InlineData("nfs://nas:2049/backup/a.rki by joe@nas", "nfs://nas:2049/backup/a.rki by joe@nas")]
    [InlineData("ssh://joe@nas:22/a.rki", "ssh://joe@nas:22/a.rki")]
    public void Logs_have_no_password(string line, string shown)
    {
        File.WriteAllText(_folder.File("environment"), Assets.Text("system/usr/lib/rescuekit/environment"));
        Assert.Equal(shown + "\n", Tool.Must("busybox", "sh", "-c", ". \"$1\"; echo \"$2\" | without_passwords", "sh", _folder.File("environment"), line).Output);
    }

    [Fact]
    public void A_command_with_quotation_marks_is_one_word_to_GRUB()
    {
        Assert.Contains("set run='image info '\\''a b'\\'''", MenuSettings.Settings("us", "image info 'a b'", "stay"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_stick_file_fills_a_sector_of_the_ISO_whatever_its_id()
    {
        Assert.Equal(2048, MenuSettings.Stick(MenuSettings.NoStick).Length);
        Assert.Equal(2048, MenuSettings.Stick(Guid.NewGuid().ToString()).Length);
    }

    [Fact]
    public void The_boot_menu_has_every_layout_once()
    {
        var menu = MenuSettings.Keyboards(KeyboardLayout.All);
        Assert.All(KeyboardLayout.All, layout => Assert.Single(menu.Split('\n'), line => line.Trim() == $"set keyboard={layout.Name}"));
    }
}
