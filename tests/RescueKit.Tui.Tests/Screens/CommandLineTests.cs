using RescueKit.Tui.Screens.Commands;

namespace RescueKit.Tui.Tests.Screens;

public class CommandLineTests
{
    [Fact]
    public void Only_what_differs_from_the_defaults_is_said()
    {
        Assert.Equal("image create /dev/sda /x/a.rki", string.Join(' ', CommandLines.Backup(new BackupAnswers("/dev/sda", "/x/a.rki"))));
        Assert.Equal("image create /dev/sda a.rki --partition 2 --codec zstd --encrypt --on-bad-sector skip --unclean used --exclude-windows-swap --verify --resume",
            string.Join(' ', CommandLines.Backup(new BackupAnswers("/dev/sda", "a.rki")
            {
                Partitions = [2],
                Codec = "zstd",
                Encrypt = true,
                SkipBadSectors = true,
                UncleanUsed = true,
                ExcludeWindowsSwap = true,
                Verify = true,
                Resume = true,
            })));
        Assert.Equal("image restore a.rki /dev/sdb --partition 2 --partition 3:4 --free zero --on-damage skip --verify",
            string.Join(' ', CommandLines.Restore(new RestoreAnswers("a.rki", "/dev/sdb", [(2, 2), (3, 4)], true, true, "zero"))));
        Assert.Equal("image restore a.rki /dev/sdb --grow 2 --verify",
            string.Join(' ', CommandLines.Restore(new RestoreAnswers("a.rki", "/dev/sdb", [], true, false, "keep", new SizeAnswers(2, false)))));
        Assert.Equal("clone /dev/sda /dev/sdb --on-bad-sector skip --unclean used --free discard --verify",
            string.Join(' ', CommandLines.Clone(new CloneAnswers("/dev/sda", "/dev/sdb", true, true, true, "discard"))));
        Assert.Equal("clone /dev/sda /dev/sdb --shrink",
            string.Join(' ', CommandLines.Clone(new CloneAnswers("/dev/sda", "/dev/sdb", false, false, false, "keep", new SizeAnswers(null, true)))));
    }

    [Theory]
    [InlineData("/run/stick/a.rki", "/run/stick/a.rki")]
    [InlineData("/run/my stick/a.rki", "'/run/my stick/a.rki'")]
    [InlineData("/x/it's.rki", @"'/x/it'\''s.rki'")]
    [InlineData("/x/$(rm).rki", "'/x/$(rm).rki'")]
    [InlineData("/x/a\nb", "$'/x/a\\u000ab'")]
    public void What_is_shown_can_be_pasted_into_a_shell(string path, string shown) =>
        Assert.Equal($"rescuekit image verify {shown} --confirm K1", CommandLines.Show(CommandLines.Verify(path), "K1"));

    [Fact]
    public void The_other_choice_for_unclean_file_systems_turns_back_and_forth()
    {
        var words = CommandLines.Clone(new CloneAnswers("/dev/sda", "/dev/sdb", true, false, false, "keep"));
        var other = CommandLines.OtherUnclean(words);
        Assert.Contains("used", other);
        Assert.Equal(words, CommandLines.OtherUnclean(other));
    }
}
