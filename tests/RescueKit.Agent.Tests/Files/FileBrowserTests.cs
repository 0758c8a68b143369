using RescueKit.Agent.Files;
using RescueKit.Agent.Tools;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Files;

public sealed class FileBrowserTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FileBrowser _browser;

    public FileBrowserTests()
    {
        var root = _folder.Folder("root");
        foreach (var folder in (string[])["etc/deep", "other"]) Directory.CreateDirectory(Path.Combine(root, folder));
        File.WriteAllText(Path.Combine(root, "etc/name with space"), "12345");
        File.WriteAllText(Path.Combine(root, "etc/deep/Name\n2"), "");
        File.CreateSymbolicLink(Path.Combine(root, "away"), "/etc");
        File.CreateSymbolicLink(Path.Combine(root, "circle"), ".");
        Tool.Must("mkfifo", Path.Combine(root, "pipe"));
        _browser = new FileBrowser(root, new ToolRunner());
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_is_listed_by_name_with_kinds_sizes_and_targets()
    {
        var page = _browser.List("/", null);
        Assert.Equal(("/", false), (page.Folder, page.More));
        Assert.Equal(["/away link /etc", "/circle link .", "/etc folder ", "/other folder ", "/pipe pipe "], page.Entries.Select(entry => $"{entry.Path} {entry.Kind} {entry.Target}"));
        var inside = _browser.List("/away", null); // the root's own
        Assert.Equal("/etc", inside.Folder);
        Assert.Equal(["/etc/deep", "/etc/name with space"], inside.Entries.Select(entry => entry.Path));
        Assert.Equal(5, inside.Entries[1].Size);
        Assert.Throws<UsageException>(() => _browser.List("/pipe", null));
        Assert.Throws<UsageException>(() => _browser.List("/none", null));
    }

    [Fact]
    public void A_large_folder_comes_in_parts()
    {
        for (var i = 0; i < FileBrowser.MostEntries + 7; i++) File.WriteAllText(_folder.File($"root/other/f{i:d5}"), "");
        var first = _browser.List("/other", null);
        Assert.Equal((FileBrowser.MostEntries, true, "/other/f00000"), (first.Entries.Count, first.More, first.Entries[0].Path));
        var second = _browser.List("/other", $"f{FileBrowser.MostEntries - 1:d5}");
        Assert.Equal((7, false), (second.Entries.Count, second.More));
        var found = _browser.Find("/", "f0", CancellationToken.None);
        Assert.Equal((FileBrowser.MostEntries, true), (found.Entries.Count, found.More));
    }

    [Fact]
    public void A_search_finds_names_at_any_depth_and_follows_no_link()
    {
        var found = _browser.Find("/", "nAmE", CancellationToken.None);
        Assert.Equal(["/etc/deep/Name\n2", "/etc/name with space"], found.Entries.Select(entry => entry.Path));
        Assert.Equal(["/away"], _browser.Find("/", "way", CancellationToken.None).Entries.Select(entry => entry.Path));
        Assert.Empty(_browser.Find("/other", "name", CancellationToken.None).Entries);
    }

    [Fact]
    public void A_search_that_is_ended_says_that_there_may_be_more()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.True(_browser.Find("/", "name", stop.Token).More);
    }
}
