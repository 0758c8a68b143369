using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Interop;
using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Service;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Service;

/// <summary>The small parts of the service.</summary>
public sealed partial class ServicePiecesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<string> _complaints = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void State_is_kept_and_found_again()
    {
        var file = new StateFile(_folder.File("deep/state"), _complaints.Add);
        Assert.Empty(file.Read().Jobs);
        var state = new JobState { Schedule = "daily", AccountedUntil = DateTimeOffset.UnixEpoch, LastNumber = 3, Begun = new JobBegun(3, "schedule", DateTimeOffset.UnixEpoch, "/x"), Images = [new JobImage("/x", Guid.NewGuid(), DateTimeOffset.UnixEpoch)] };
        file.Write(new AgentState { Jobs = new Dictionary<string, JobState> { ["a"] = state } });
        var found = new StateFile(_folder.File("deep/state"), _complaints.Add).Read().Jobs["a"];
        Assert.Equal((state.AccountedUntil, 3, state.Begun), (found.AccountedUntil, found.LastNumber, found.Begun));
        Assert.Equal(state.Images, found.Images);
        Assert.Equal(["state.json"], Directory.GetFileSystemEntries(_folder.File("deep/state")).Select(Path.GetFileName));
        Assert.Empty(_complaints);
    }

    [Fact]
    public void That_an_image_is_about_to_go_is_kept_before_it_does()
    {
        var file = new StateFile(_folder.FullPath, _complaints.Add);
        JobImage[] images = [new("/x", Guid.NewGuid(), DateTimeOffset.UnixEpoch, 0), new("/y", Guid.NewGuid(), DateTimeOffset.UnixEpoch, 0)];
        file.Write(new AgentState { Jobs = new Dictionary<string, JobState> { ["a"] = new() { Images = images } } });
        Assert.DoesNotContain("is_going", File.ReadAllText(_folder.File("state.json")), StringComparison.Ordinal);
        var book = new JobBook(file, TimeProvider.System);
        var job = new JobConfig
        {
            Name = "a",
            Line = 1,
            Source = "/a",
            Folder = "/",
            File = ImageNames.Parse(ImageNames.Default, "a", "x"),
            Schedule = Agent.Schedules.CalendarExpression.Parse("daily"),
            Options = new JobOptions(),
        };
        book.Configure(new AgentConfig([job]));
        book.MarkGoing(book.Look(jobs => jobs[0]), images[1]);
        Assert.Equal([images[0], images[1] with { IsGoing = true }], file.Read().Jobs["a"].Images);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"jobs\": 3}")]
    [InlineData("{\"jobs\": {\"a\": {\"accounted")]
    public void A_state_that_cannot_be_read_is_put_aside_and_said_to_be(string text)
    {
        File.WriteAllText(_folder.File("state.json"), text);
        Assert.Empty(new StateFile(_folder.FullPath, _complaints.Add).Read().Jobs);
        Assert.Equal(text, File.ReadAllText(_folder.File("state.json.bad")));
        Assert.Contains("put aside", Assert.Single(_complaints), StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_that_cannot_be_kept_ends_nothing()
    {
        File.WriteAllText(_folder.File("file"), "");
        new StateFile(_folder.File("file"), _complaints.Add).Write(new AgentState());
        Assert.Single(_complaints);
    }

    [Fact]
    public void There_is_one_agent()
    {
        var first = AgentLock.Take(_folder.File("run"));
        var refused = Assert.Throws<DeviceException>(() => AgentLock.Take(_folder.File("run")));
        Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.File("run")));
        first.Dispose();
        AgentLock.Take(_folder.File("run")).Dispose();
    }

    /// <summary>Between fork and exec a process that is being started has all descriptors of the one that starts it.</summary>
    [Fact]
    public void The_lock_ends_with_its_holder_though_a_copy_of_the_descriptor_lives_on()
    {
        var first = AgentLock.Take(_folder.File("run"));
        var path = _folder.File("run/agent.lock");
        var copies = Directory.GetFiles("/proc/self/fd").Where(link => new FileInfo(link).LinkTarget == path).Select(link => Copy(int.Parse(Path.GetFileName(link)))).ToList();
        try
        {
            first.Dispose();
            AgentLock.Take(_folder.File("run")).Dispose();
        }
        finally
        {
            Assert.NotEmpty(copies);
            copies.ForEach(copy => new SafeFileHandle(copy, ownsHandle: true).Dispose());
        }
    }

    [Fact]
    public void Systemd_is_told_by_one_datagram_each()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder.File("notify")));
        var notes = new ServiceNotes(_folder.File("notify"), _complaints.Add);
        notes.Ready("running");
        Assert.Equal("READY=1\nSTATUS=running", Take(socket));
        notes.Reloading();
        Assert.Matches("^RELOADING=1\nMONOTONIC_USEC=[0-9]+$", Take(socket));
        notes.Stopping();
        Assert.StartsWith("STOPPING=1\n", Take(socket), StringComparison.Ordinal);
        Assert.Empty(_complaints);
    }

    [Fact]
    public void An_abstract_socket_is_told_too_and_nobody_is_nobody()
    {
        var name = $"rescuekit-{Guid.NewGuid()}";
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint("\0" + name));
        new ServiceNotes("@" + name, _complaints.Add).Ready("x");
        Assert.StartsWith("READY=1", Take(socket), StringComparison.Ordinal);
        new ServiceNotes(null, _complaints.Add).Ready("x");
        Assert.Empty(_complaints);
        new ServiceNotes(_folder.File("gone"), _complaints.Add).Ready("x");
        Assert.Single(_complaints);
    }

    [Fact]
    public void Each_event_is_one_line_of_the_journal()
    {
        var line = new LogLine(1, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), "job \u001b[2J \n<0>x \u202e é");
        Assert.Equal("<6>job \\u001b[2J \\u000a<0>x \\u202e é", JournalText.Format(line, isProblem: false, forJournal: true));
        Assert.Equal("<3>job \\u001b[2J \\u000a<0>x \\u202e é", JournalText.Format(line, isProblem: true, forJournal: true));
        Assert.Equal("2026-01-02 03:04:05Z job \\u001b[2J \\u000a<0>x \\u202e é", JournalText.Format(line, isProblem: true, forJournal: false));
    }

    [Theory]
    [InlineData(0u, 1000u, true)]
    [InlineData(1000u, 1000u, true)]
    [InlineData(1001u, 1000u, false)]
    [InlineData(1000u, 0u, false)]
    public void Root_and_the_owner_may_use_the_socket(uint peer, uint own, bool may) => Assert.Equal(may, PeerUser.IsAllowed(peer, own));

    [Fact]
    public void A_thread_that_stands_back_has_the_threads_that_it_begins_stand_back_too()
    {
        ((bool IsIdle, int Level)? Io, int Nice) seen = default;
        ((bool IsIdle, int Level)? Io, int Nice) other = default;
        var outer = new Thread(() =>
        {
            Assert.True(new RunPriority(new IoPriority(IsIdle: true), 7).ApplyToThread());
            var inner = new Thread(() => seen = (LibC.ThreadIoPriority(), LibC.ThreadNice()));
            inner.Start();
            inner.Join();
        });
        outer.Start();
        outer.Join();
        var plain = new Thread(() => other = (LibC.ThreadIoPriority(), LibC.ThreadNice()));
        plain.Start();
        plain.Join();
        Assert.Equal(((true, 0), 7), (seen.Io!.Value, seen.Nice));
        Assert.NotEqual(7, other.Nice);
        Assert.False(other.Io!.Value.IsIdle);
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Copy(int descriptor);

    private static string Take(Socket socket)
    {
        var buffer = new byte[1000];
        return Encoding.UTF8.GetString(buffer.AsSpan(0, socket.Receive(buffer)));
    }
}
