using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Packages;

/// <summary>The Debian package in a small Debian of its own: installed, used, purged, and nothing is left.</summary>
public sealed class PackageTests : IDisposable
{
    /// <summary>Publishing, and a Debian system, on a busy machine.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);
    private readonly TempFolder _folder = new();

    private string Root => _folder.File("root");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_installs_works_and_leaves_nothing()
    {
        Bootstrap();
        var before = Names();
        var package = Must(Path.Combine(Repository(), "scripts/package"), _folder.File("out")).Output.Trim().Split('\n')[^1];
        Assert.Matches(@"/rescuekit_\d+\.\d+\.\d+.*_amd64\.deb$", package);
        File.Copy(package, Path.Combine(Root, "rescuekit.deb"));
        Chroot("dpkg", "-i", "/rescuekit.deb");
        Assert.Matches(@"^\d+\.\d+\.\d+", Chroot("rescuekit", "--version").Output);
        Assert.NotNull(new FileInfo(Path.Combine(Root, "etc/systemd/system/multi-user.target.wants/rescuekit-agent.service")).LinkTarget);

        Chroot("mkdir", "-p", "/etc/rescuekit", "/var/lib/rescuekit/agent");
        Chroot("cp", "/usr/share/rescuekit/agent.json", "/etc/rescuekit/agent.json");
        Chroot("cmp", "/usr/share/doc/rescuekit/examples/agent.json", "/etc/rescuekit/agent.json");
        Assert.Contains("system: /dev/sda into /backup, Mon..Fri 02:30", Chroot("rescuekit", "agent", "check-config").Output, StringComparison.Ordinal);
        Assert.Contains("backup", Chroot("bash", "-c", "source /usr/share/bash-completion/completions/rescuekit; COMP_WORDS=(rescuekit agent b); COMP_CWORD=2; _rescuekit; echo ${COMPREPLY[@]}").Output, StringComparison.Ordinal);
        Assert.Contains(".SS rescuekit agent check-config", Chroot("gzip", "-dc", "/usr/share/man/man1/rescuekit.1.gz").Output, StringComparison.Ordinal);

        Chroot("dpkg", "--purge", "rescuekit");
        Assert.Equal("", Chroot("dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n").Output.Split('\n').FirstOrDefault(line => line.StartsWith("rescuekit", StringComparison.Ordinal)) ?? "");
        File.Delete(Path.Combine(Root, "rescuekit.deb"));
        Assert.Equal(before, Names());
    }

    [Fact]
    public void A_passphrase_beside_the_configuration_outlives_a_purge()
    {
        var etc = Path.Combine(_folder.Folder("root"), "etc/rescuekit");
        Directory.CreateDirectory(etc);
        File.WriteAllText(Path.Combine(etc, "agent.json"), "{}");
        File.WriteAllText(Path.Combine(etc, "key"), "secret");
        var purge = Purge();
        Assert.Equal(["key"], Directory.GetFileSystemEntries(etc).Select(Path.GetFileName));
        Assert.Contains("holds files of yours and is kept", purge.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_share_that_is_still_mounted_outlives_a_purge()
    {
        var (share, place) = (_folder.Folder("share"), _folder.Folder("root/run/rescuekit/places/p1"));
        File.WriteAllText(Path.Combine(share, "web1.rki"), "the only copy");
        // Twice: the place of an agent that was killed, and that of the next one over it.
        for (var i = 0; i < 2; i++) Tool.Must("mount", "--bind", share, place);
        try
        {
            using (File.OpenRead(Path.Combine(place, "web1.rki"))) Assert.Contains($"{place} is in use and is kept", Purge().Error, StringComparison.Ordinal);
            Assert.DoesNotContain("is kept", Purge().Error, StringComparison.Ordinal);
            Assert.False(Directory.Exists(_folder.File("root/run/rescuekit")));
        }
        finally
        {
            while (Tool.Run("umount", place).Ok) { }
        }
        Assert.Equal("the only copy", File.ReadAllText(Path.Combine(share, "web1.rki")));
    }

    private ToolResult Purge() => Tool.Must("env", $"DPKG_ROOT={Root}", "sh", Path.Combine(Repository(), "scripts/deb/postrm"), "purge");

    /// <summary>From the archive that this machine uses, by the way it uses.</summary>
    private void Bootstrap() => Must("bash", "-c", $"""
        set -e
        sources=bookworm
        for list in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do if [ -s $list ]; then sources=$list; fi; done
        apt-config dump Acquire >'{_folder.File("acquire")}'
        set -- bookworm '{Root}'
        if [ -f "$sources" ]; then set -- "$@" "$sources"; fi
        mmdebstrap --quiet --variant=minbase --mode=root --aptopt='{_folder.File("acquire")}' --include=liblz4-1,libzstd1,libssl3,libstdc++6 \
            --customize-hook='rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap' "$@"
        """);

    /// <summary>All names of the system but those of caches and logs.</summary>
    private List<string> Names() =>
        [.. Tool.Must("find", Root, "-xdev", "(", "-path", $"{Root}/proc", "-o", "-path", $"{Root}/var/log", "-o", "-path", $"{Root}/var/cache", "-o", "-path", $"{Root}/dev", ")", "-prune", "-o", "-print")
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(name => !name.EndsWith("-old", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>With /proc, which .NET's runtime does not start without, for the time of the call.</summary>
    private ToolResult Chroot(params string[] words) =>
        Must("unshare", ["--mount", "sh", "-c", "mount -t proc proc \"$0/proc\" && exec chroot \"$0\" \"$@\"", Root, .. words]);

    private static ToolResult Must(string program, params string[] words) => Tool.Must(new ToolRequest(program, words) { Limit = Limit });

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RescueKit.sln"))) folder = folder.Parent;
        return folder!.FullName;
    }
}
