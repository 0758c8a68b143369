using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>The booted environment beside servers of each kind, with a disk full of files and a blank one for each server.</summary>
public sealed class ShareMachine : IDisposable
{
    private const int Mebibytes = 96;
    private readonly TempFolder _folder = new();
    private readonly Lazy<MediaGuest> _guest;

    public ShareMachine(MediaImage media)
    {
        Source = new GuestDisk("source", GuestDisks.WithFiles(_folder, "source", Mebibytes, 512, 1), GuestBus.Virtio) { Serial = "SOURCE01" };
        (Nfs, Smb, Ssh) = (new NfsServer(_folder), new SmbServer(_folder), new SshServer(_folder));
        Targets = Enum.GetValues<PlaceServer>().ToDictionary(server => server, server => new GuestDisk(
            $"target{server}", SparseFile.Create(_folder.File($"target{server}"), (Mebibytes + 8L) << 20), GuestBus.Virtio)
        { Serial = $"TARGET{server}" });
        _guest = new Lazy<MediaGuest>(() =>
        {
            foreach (var server in Enum.GetValues<PlaceServer>()) Server(server).Start();
            var guest = new MediaGuest(media, [Source, .. Targets.Values]);
            Ssh.Allow(guest.Must("ssh-keygen -q -t ed25519 -N '' -f /root/key && cat /root/key.pub").Output);
            return guest;
        });
    }

    internal GuestDisk Source { get; }
    internal IReadOnlyDictionary<PlaceServer, GuestDisk> Targets { get; }
    internal MediaGuest Guest => _guest.Value;
    internal NfsServer Nfs { get; }
    internal SmbServer Smb { get; }
    internal SshServer Ssh { get; }

    internal ShareServer Server(PlaceServer server) => server switch { PlaceServer.Nfs => Nfs, PlaceServer.Smb => Smb, _ => Ssh };

    public void Dispose()
    {
        if (_guest.IsValueCreated) Guest.Dispose();
        foreach (var server in Enum.GetValues<PlaceServer>()) Server(server).Dispose();
        _folder.Dispose();
    }
}

public enum PlaceServer { Nfs, Smb, Ssh }

/// <summary>Shares of real servers as places for images.</summary>
[Collection(MediaTests.Name)]
public sealed class SharePlaceTests(ShareMachine machine) : IClassFixture<ShareMachine>
{
    private MediaGuest Guest => machine.Guest;

    /// <summary>SSH is the one that goes away below.</summary>
    public static TheoryData<PlaceServer> Kinds() => TestScale.IsWide ? [PlaceServer.Nfs, PlaceServer.Smb, PlaceServer.Ssh] : [PlaceServer.Smb];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_share_takes_a_backup_and_gives_a_restore(PlaceServer kind)
    {
        var (server, target) = (machine.Server(kind), machine.Targets[kind]);
        Execute($"image create {Guest.Node(machine.Source)} {server.Address("disk.rki")} --verify");
        MediaImage.Rescuekit("image", "verify", server.File("disk.rki"));
        Execute($"image restore {server.Address("disk.rki")} {Guest.Node(target)} --verify --confirm {MediaGuest.ConfirmId(target)}");
        RestoredDisk.HoldsAllFiles(target.File);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_folder_over_SSH_opens_with_a_key()
    {
        Execute($"image create {Guest.Node(machine.Source)} {machine.Ssh.AddressByKey("key.rki", "/root/key")}");
        MediaImage.Rescuekit("image", "verify", machine.Ssh.File("key.rki"));
    }

    public static TheoryData<PlaceServer> WithPasswords() => TestScale.IsWide ? [PlaceServer.Smb, PlaceServer.Ssh] : [PlaceServer.Smb];

    [Theory]
    [MemberData(nameof(WithPasswords))]
    public void A_wrong_password_is_said_to_be_one(PlaceServer kind)
    {
        var refused = Execute($"image verify {machine.Server(kind).Address("disk.rki", "nobody", "wrong")}", 1).Error;
        Assert.Contains("Permission denied", refused, StringComparison.Ordinal);
    }

    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData("nfs://{0}:1/backup/disk.rki")]
    [InlineData("smb://bob:x@{0}:1/backup/disk.rki")]
    [InlineData("ssh://bob:x@{0}:1/backup/disk.rki")]
    public void A_server_that_is_not_there_is_said_to_be_missing(string address)
    {
        var refused = Execute($"image verify {string.Format(null, address, MediaGuest.HostAddress)}", 1).Error;
        Assert.Contains("check the network", refused, StringComparison.Ordinal);
    }

    /// <summary>The kernel's clients wait for their servers for minutes: only in the wide run.</summary>
    public static TheoryData<PlaceServer> Killed() => TestScale.IsWide ? [PlaceServer.Nfs, PlaceServer.Smb, PlaceServer.Ssh] : [PlaceServer.Ssh];

    /// <summary>The server dies in the middle of a backup. What it has by then is told apart from an image, and completes when it is back.</summary>
    [Theory]
    [MemberData(nameof(Killed))]
    public void A_share_that_goes_away_ends_the_backup_which_goes_on_when_it_is_back(PlaceServer kind)
    {
        var (server, source) = (machine.Server(kind), Guest.Node(machine.Source));
        var image = server.File("cut.rki");
        Guest.Limit(machine.Source, 4 * GuestDisks.MiB);
        var run = Guest.Start(Line($"image create {source} {server.Address("cut.rki")} --codec none"));
        Guest.Until(() => File.Exists(image) && new FileInfo(image).Length > 4 * GuestDisks.MiB, "4 MiB are there", run);
        server.Kill();
        Guest.Limit(machine.Source, 0);
        var ended = Guest.Wait(run, 1);
        Assert.Contains("--resume", ended.Error, StringComparison.Ordinal);
        Assert.Equal(3, Tool.Run(RepositoryProgram, "image", "verify", image).ExitCode);

        server.Start();
        Execute($"image create {source} {server.Address("cut.rki")} --codec none --resume --verify");
        MediaImage.Rescuekit("image", "verify", image);
    }

    private static string RepositoryProgram => Path.Combine(GuestPaths.Repository, "scripts", "rescuekit");

    private ToolResult Execute(string line, int exitCode = 0) => Guest.Must(Line(line), exitCode);

    private static string Line(string line) => $"rescuekit agent execute --line '{line}'";
}
