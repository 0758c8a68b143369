using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Protocol;

/// <summary>What the host does about clients that err, vanish, or are many (PROTOCOL.md).</summary>
public sealed class HostServerTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(5));
    private readonly TempFolder _folder = new();
    private HostOptions _options = null!;
    private RunHost _host = null!;
    private HostServer _server = null!;

    private string Path => _folder.File("host.sock");
    private CancellationToken Cancel => _limit.Token;

    public Task InitializeAsync()
    {
        _options = new HostOptions { Factory = new EngineRunFactory(), Version = "1", RuntimeFolder = _folder.File("run"), StateFolder = _folder.File("state") };
        _host = new RunHost(_options);
        _server = HostServer.Start(Path, _host, _options);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _host.DisposeAsync();
        _folder.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public void The_socket_is_its_owners_alone() =>
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));

    [Theory]
    [InlineData("", "usage")]
    [InlineData("nonsense", "usage")]
    [InlineData("{\"id\": 1}", "usage")]
    [InlineData("[1, 2]", "usage")]
    [InlineData("{\"id\": \"seven\", \"call\": \"hello\"}", "usage")]
    public async Task A_line_that_is_no_call_is_answered_and_the_connection_goes_on(string line, string kind)
    {
        using var client = Connect();
        var answer = await Ask(client, line);
        Assert.Equal(kind, answer.GetProperty("error").GetProperty("kind").GetString());
        Assert.False(answer.TryGetProperty("id", out _));
        Assert.Equal(1, (await Ask(client, "{\"id\": 2, \"call\": \"hello\"}")).GetProperty("result").GetProperty("protocol").GetInt32());
    }

    [Theory]
    [InlineData("{\"id\": 5, \"call\": \"format_everything\"}")]
    [InlineData("{\"id\": 5, \"call\": \"start\"}")]
    [InlineData("{\"id\": 5, \"call\": \"start\", \"arguments\": {\"run\": \"one\"}}")]
    [InlineData("{\"id\": 5, \"call\": \"prepare\", \"arguments\": {\"words\": []}}")]
    [InlineData("{\"id\": 5, \"call\": \"attach\"}")]
    [InlineData("{\"id\": 5, \"call\": \"power\", \"arguments\": {\"action\": \"explode\"}}")]
    public async Task An_unknown_call_and_wrong_arguments_get_an_error_with_their_id(string line)
    {
        using var client = Connect();
        var answer = await Ask(client, line);
        Assert.Equal(5, answer.GetProperty("id").GetInt64());
        Assert.Equal("usage", answer.GetProperty("error").GetProperty("kind").GetString());
        Assert.Equal(2, answer.GetProperty("error").GetProperty("exit_code").GetInt32());
    }

    [Fact]
    public async Task A_line_that_is_too_long_ends_its_connection_and_no_other()
    {
        using var other = Connect();
        using var client = Connect();
        try
        {
            await client.SendAsync(new byte[(1 << 20) + 65536], Cancel);
        }
        catch (SocketException)
        {
            // The host may hang up before all of it is sent.
        }
        Assert.Equal(1, (await Ask(other, "{\"id\": 2, \"call\": \"hello\"}")).GetProperty("result").GetProperty("protocol").GetInt32());
    }

    [Fact]
    public async Task A_line_may_come_in_pieces_and_several_in_one()
    {
        using var client = Connect();
        await client.SendAsync(Encoding.UTF8.GetBytes("{\"id\": 1, \"ca"), Cancel);
        await Task.Delay(50, Cancel);
        await client.SendAsync(Encoding.UTF8.GetBytes("ll\": \"hello\"}\n{\"id\": 2, \"call\": \"hello\"}\n"), Cancel);
        var reader = new StreamReader(new NetworkStream(client));
        var ids = new[] { await reader.ReadLineAsync(Cancel), await reader.ReadLineAsync(Cancel) }.Select(line => JsonDocument.Parse(line!).RootElement.GetProperty("id").GetInt32());
        Assert.Equal([1, 2], ids.Order());
    }

    [Fact]
    public async Task When_a_client_is_gone_its_plans_are_let_go_and_its_runs_go_on()
    {
        await using var other = await HostClient.ConnectAsync(Path, Cancel);
        var client = await HostClient.ConnectAsync(Path, Cancel);
        var planned = await client.PrepareAsync(new RunRequest(["wait", "planned"]), Cancel);
        var running = await client.PrepareAsync(new RunRequest(["wait", "running"]), Cancel);
        await client.StartAsync(running.Id, null, Cancel);
        Assert.Equal([planned.Id, running.Id], (await other.GetRunsAsync(Cancel)).Select(run => run.Id));
        await client.DisposeAsync();
        while ((await other.GetRunsAsync(Cancel)).Count > 1) await Task.Delay(20, Cancel);
        Assert.Equal(RunStage.Running, (await other.GetRunsAsync(Cancel)).Single().Stage);
        Assert.Equal(running.Id, (await other.GetRunsAsync(Cancel)).Single().Id);
    }

    [Fact]
    public async Task Many_calls_of_one_client_are_under_way_at_once()
    {
        await using var client = await HostClient.ConnectAsync(Path, Cancel);
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => client.GetRunsAsync(Cancel)));
        Assert.Equal(200, answers.Length);
    }

    [Fact]
    public async Task A_second_host_does_not_take_the_socket_from_the_first_but_from_one_that_is_dead()
    {
        await using var second = new RunHost(_options);
        Assert.Throws<SafetyException>(() => HostServer.Start(Path, second, _options));
        var letter = _folder.File("letter");
        await File.WriteAllTextAsync(letter, "Dear all,", Cancel);
        Assert.Throws<DeviceException>(() => HostServer.Start(letter, second, _options));
        Assert.Equal("Dear all,", await File.ReadAllTextAsync(letter, Cancel));
        var stale = _folder.File("stale.sock");
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)) dead.Bind(new UnixDomainSocketEndPoint(stale));
        await using var server = HostServer.Start(stale, second, _options);
        await using var client = await HostClient.ConnectAsync(stale, Cancel);
        Assert.Empty(await client.GetRunsAsync(Cancel));
    }

    [Fact]
    public async Task A_client_is_told_when_there_is_no_host_and_finds_it_again_when_it_is_back()
    {
        var none = await Assert.ThrowsAsync<HostException>(() => HostClient.ConnectAsync(_folder.File("none.sock"), Cancel));
        Assert.Equal("host_gone", none.Problem.Kind);
        Assert.Contains("none.sock: it is not there", none.Problem.Error, StringComparison.Ordinal);
        await using var client = await HostClient.ConnectAsync(Path, Cancel);
        await _server.DisposeAsync();
        var gone = await Assert.ThrowsAsync<HostException>(() => client.GetRunsAsync(Cancel));
        Assert.Equal("host_gone", gone.Problem.Kind);
        _server = HostServer.Start(Path, _host, _options);
        Assert.Empty(await client.GetRunsAsync(Cancel));
    }

    [Fact]
    public async Task A_host_that_ends_stops_its_runs_first()
    {
        var run = await _host.PrepareAsync(new RunRequest(["wait", "x"]), Cancel);
        await _host.StartAsync(run.Id, null, Cancel);
        await _host.DisposeAsync();
        var ended = (await _host.GetRunsAsync(Cancel)).Single();
        Assert.Equal((RunStage.Ended, true), (ended.Stage, ended.Receipt!.Cancelled));
    }

    private Socket Connect()
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(Path));
        return client;
    }

    private async Task<JsonElement> Ask(Socket client, string line)
    {
        await client.SendAsync(Encoding.UTF8.GetBytes(line + "\n"), Cancel);
        // One answer at a time is under way: the reader has nothing left over.
        var reader = new StreamReader(new NetworkStream(client), leaveOpen: true);
        return JsonDocument.Parse((await reader.ReadLineAsync(Cancel))!).RootElement;
    }
}
