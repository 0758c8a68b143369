using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using RescueKit.Engine.Serving;
using RescueKit.Engine.Serving.Nbd;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;
using static RescueKit.Engine.Tests.Serving.NbdClient;

namespace RescueKit.Engine.Tests.Serving;

/// <summary>What the protocol asks of a server, and clients that mean no good.</summary>
public sealed class NbdServerTests
{
    private const int Length = 3 << 20;
    private const ushort ReadCommand = 0, WriteCommand = 1, Disconnect = 2, Flush = 3, Trim = 4, WriteZeroes = 6, BlockStatus = 7;
    private readonly byte[] _content = Bench.RandomDisk(Length).ToArray();

    [Fact]
    public void A_disk_that_cannot_be_written_to_says_so_and_refuses()
    {
        using var served = new ServedDisk(ReadOnly());
        using var client = new NbdClient(served.Connect());
        Assert.Equal((Length, (ushort)(1 | 2 | 1 << 7 | 1 << 8)), client.Go());
        client.Request(WriteCommand, 0, 512, data: new byte[512]);
        Assert.Equal(1u, client.Error());
        foreach (var command in (ushort[])[Trim, WriteZeroes])
        {
            client.Request(command, 0, 512);
            Assert.Equal(1u, client.Error());
        }
        client.Request(Flush, 0, 0);
        Assert.Equal(0u, client.Error());
        MustServe(client);
    }

    [Theory]
    [InlineData(ReadCommand, Length - 511, 512, 0, 22)]
    [InlineData(ReadCommand, ulong.MaxValue, 1, 0, 22)]
    [InlineData(ReadCommand, 0, uint.MaxValue, 0, 22)]
    [InlineData(ReadCommand, 0, 0, 0, 22)]
    [InlineData(ReadCommand, 0, 512, 0x40, 22)]
    [InlineData(Trim, Length, 1, 0, 28)]
    [InlineData(WriteZeroes, ulong.MaxValue - 5, 100, 0, 28)]
    [InlineData(BlockStatus, 0, 512, 0, 22)] // without having asked for the context
    [InlineData(77, 0, 512, 0, 22)]
    public void A_request_that_is_not_allowed_is_refused_and_the_next_one_is_served(ushort command, ulong offset, uint length, ushort flags, uint error)
    {
        using var served = new ServedDisk(MemoryDisk.FromBytes(_content));
        using var client = new NbdClient(served.Connect());
        client.Go();
        client.Request(command, offset, length, flags);
        Assert.Equal(error, client.Error());
        MustServe(client);
    }

    [Fact]
    public void What_would_be_written_behind_the_end_is_taken_from_the_wire_and_refused()
    {
        using var served = new ServedDisk(MemoryDisk.FromBytes(_content));
        using var client = new NbdClient(served.Connect());
        client.Go();
        client.Request(WriteCommand, Length - 100, 512, data: new byte[512]);
        Assert.Equal(28u, client.Error());
        MustServe(client);
    }

    [Fact]
    public void Clients_of_the_oldest_kind_are_served_with_simple_replies()
    {
        using var served = new ServedDisk(MemoryDisk.FromBytes(_content));
        using var client = new NbdClient(served.Connect());
        client.Send([.. BigEndian(0x49484156454F5054ul), .. BigEndian(1u), .. BigEndian(4u), .. "disk"u8]);
        Assert.Equal(Length, BinaryPrimitives.ReadInt64BigEndian(client.Read(10)));
        client.Request(ReadCommand, 1000, 600_000);
        Assert.Equal([.. BigEndian(0x67446698u), .. BigEndian(0u), .. BigEndian(5ul)], client.Read(16));
        Assert.Equal(_content[1000..601_000], client.Read(600_000));
        client.Request(ReadCommand, Length, 1);
        Assert.Equal(22u, BinaryPrimitives.ReadUInt32BigEndian(client.Read(16).AsSpan(4)));
        client.Request(Disconnect, 0, 0);
        client.MustBeClosed();
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused_and_the_next_one_is_answered()
    {
        using var served = new ServedDisk(MemoryDisk.FromBytes(_content));
        using var client = new NbdClient(served.Connect());
        const uint unsupported = 1u << 31 | 1, invalid = 1u << 31 | 3, unknown = 1u << 31 | 6;
        Assert.Equal(unsupported, client.Option(4711, [1, 2, 3])[^1].Kind);
        Assert.Equal(unsupported, client.Option(5, [])[^1].Kind);
        Assert.Equal(invalid, client.Option(8, [1])[^1].Kind);
        Assert.Equal(invalid, client.Option(3, [1])[^1].Kind);
        Assert.Equal(invalid, client.Option(7, [])[^1].Kind);
        Assert.Equal(invalid, client.Option(7, [.. BigEndian(uint.MaxValue), 0, 0])[^1].Kind);
        Assert.Equal(invalid, client.Option(7, [.. BigEndian(0u), 0, 9])[^1].Kind);
        Assert.Equal(unknown, client.Option(6, [.. BigEndian(5u), .. "other"u8, 0, 0])[^1].Kind);
        Assert.Equal(invalid, client.Option(10, Contexts("base:allocation"))[^1].Kind); // without structured replies
        Assert.Equal(invalid, client.Option(9, [.. BigEndian(0u), .. BigEndian(uint.MaxValue)])[^1].Kind);
        var listed = client.Option(3, []);
        Assert.Equal("disk", System.Text.Encoding.UTF8.GetString(listed[0].Data[4..8]));
        client.Go();
        MustServe(client);
    }

    [Fact]
    public void Ranges_without_data_are_told_and_never_sent()
    {
        using var folder = new TempFolder();
        using var overlay = OverlayDisk.Open(MemoryDisk.FromBytes(_content), folder.File("overlay"), [1]);
        overlay.WriteZeros(new Extent(1 << 20, 1 << 20));
        using var served = new ServedDisk(overlay);
        using var client = new NbdClient(served.Connect());
        client.Option(8, []);
        Assert.Equal("base:allocation", System.Text.Encoding.UTF8.GetString(client.Option(10, Contexts("other:thing", "base:allocation"))[0].Data[4..]));
        client.Go(structured: false);
        client.Request(BlockStatus, 0, Length);
        Assert.Equal([.. BigEndian(1u), .. BigEndian(1u << 20), .. BigEndian(0u), .. BigEndian(1u << 20), .. BigEndian(3u), .. BigEndian(1u << 20), .. BigEndian(0u)], client.Chunk().Data);
        client.Request(BlockStatus, 1 << 20, Length - (1 << 20), flags: 8);
        Assert.Equal([.. BigEndian(1u), .. BigEndian(1u << 20), .. BigEndian(3u)], client.Chunk().Data);

        client.Request(ReadCommand, (1 << 20) - 4096, (1 << 20) + 8192);
        var (first, hole, last) = (client.Chunk(), client.Chunk(), client.Chunk());
        Assert.Equal((0, 1, 4096 + 8), (first.Flags, first.Kind, first.Data.Length));
        Assert.Equal((0, 2), (hole.Flags, hole.Kind));
        Assert.Equal((1, 1, 4096 + 8), (last.Flags, last.Kind, last.Data.Length));
    }

    [Fact]
    public void What_cannot_be_read_is_an_error_with_its_place_and_is_reported_in_words()
    {
        using var served = new ServedDisk(new FailingSource(MemoryDisk.FromBytes(_content), ExtentSet.Of(new Extent(1 << 20, 512))));
        using var client = new NbdClient(served.Connect());
        client.Go();
        client.Request(ReadCommand, (1 << 20) - 512, 4096);
        var (flags, kind, data) = client.Chunk();
        Assert.Equal((1, (ushort)(1 << 15 | 2), 5u), (flags, kind, BinaryPrimitives.ReadUInt32BigEndian(data)));
        Assert.NotEmpty(served.Reports);
        MustServe(client);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("IHAVEOPT\0\0\0\x07\xff\xff\xff\xff")]
    [InlineData("IHAVEOPT\0\0\0\x01\0\0\0\x05other")]
    public void Whoever_talks_nonsense_is_hung_up_on(string nonsense)
    {
        using var served = new ServedDisk(MemoryDisk.FromBytes(_content), patience: TimeSpan.FromSeconds(1));
        using var client = new NbdClient(served.Connect());
        client.Send([.. nonsense.Select(c => (byte)c)]);
        client.MustBeClosed();
        MustServe(served);
    }

    [Fact]
    public void Requests_that_are_none_end_the_connection_alone()
    {
        using var served = new ServedDisk(MemoryDisk.FromBytes(_content));
        using var client = new NbdClient(served.Connect());
        client.Go();
        client.Send(new byte[28]);
        client.MustBeClosed();
        using var other = new NbdClient(served.Connect());
        other.Go();
        other.Request(WriteCommand, 0, 100 << 20);
        other.MustBeClosed();
        MustServe(served);
    }

    /// <summary>Half a request, a payload that does not come, replies that nobody takes: each holds what it holds for as long as it is waited for.</summary>
    [Fact]
    public void Clients_that_stand_still_keep_nothing_from_others()
    {
        using var served = new ServedDisk(MemoryDisk.FromBytes(_content), patience: TimeSpan.FromSeconds(2));
        var still = new List<NbdClient>();
        for (var i = 0; i < 100; i++)
        {
            var client = new NbdClient(served.Connect());
            still.Add(client);
            if (i % 4 == 0) continue; // in the middle of the handshake
            client.Go();
            if (i % 4 == 1) client.Send([0x25, 0x60, 0x95]);
            if (i % 4 == 2) client.Request(WriteCommand, 0, 1 << 20, data: new byte[10]);
            if (i % 4 != 3) continue;
            for (var request = 0; request < 16; request++) client.Request(ReadCommand, 0, Length);
        }
        for (var i = 0; i < 20; i++) MustServe(served);
        foreach (var (i, client) in still.Index())
        {
            if (i % 4 != 3) client.MustBeClosed(); // the others may have got all that they asked for by now
            client.Dispose();
        }
        MustServe(served);
    }

    [Fact]
    public void A_thousand_connections_at_once_are_served_and_one_more()
    {
        using var served = new ServedDisk(MemoryDisk.FromBytes(_content));
        var clients = new List<NbdClient>();
        for (var i = 0; i < 1000; i++)
        {
            clients.Add(new NbdClient(served.Connect()));
            clients[^1].Go();
        }
        MustServe(served);
        foreach (var client in clients.Where((_, i) => i % 50 == 0)) MustServe(client);
        foreach (var client in clients) client.Dispose(); // in the middle of everything
        MustServe(served);
    }

    [Fact]
    public void Random_bytes_for_options_and_requests_never_harm_others()
    {
        using var served = new ServedDisk(ReadOnly(), patience: TimeSpan.FromSeconds(1));
        var random = new Random(6);
        for (var round = 0; round < TestScale.Of(300); round++)
        {
            using var client = new NbdClient(served.Connect());
            try
            {
                var noise = new byte[random.Next(200)];
                random.NextBytes(noise);
                if (random.Next(2) == 0)
                {
                    client.Go();
                    for (var i = 0; i < 5; i++) client.Request((ushort)random.Next(10), (ulong)random.NextInt64(2 * Length), (uint)random.Next(), (ushort)random.Next(32), data: noise);
                }
                else
                {
                    client.Send([.. BigEndian(0x49484156454F5054ul), .. BigEndian((uint)random.Next(14)), .. BigEndian((uint)noise.Length), .. noise]);
                }
                client.Send(noise);
            }
            catch (Exception e) when (e is SocketException or EndOfStreamException)
            {
                // Hung up on already.
            }
            if (round % 20 == 0) MustServe(served);
        }
        MustServe(served);
    }

    [Fact]
    public void It_ends_when_the_last_one_has_left_where_that_is_wanted()
    {
        using var served = new ServedDisk(MemoryDisk.FromBytes(_content), untilUnused: true);
        served.Connect().Dispose(); // has not been served anything
        using (var first = new NbdClient(served.Connect()))
        {
            first.Go();
            using var second = new NbdClient(served.Connect());
            second.Go();
        }
        served.MustEnd();
    }

    [Fact]
    public void Other_machines_are_not_served_without_encryption()
    {
        using var server = new NbdServer(new NbdExport("disk", "a disk", MemoryDisk.FromBytes(_content)), null, _ => { });
        Assert.Contains("--tls-certs", Assert.Throws<UsageException>(() => server.Listen(IPAddress.Any, 0)).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_that_a_killed_server_left_is_taken_away_and_nothing_else_is()
    {
        using var folder = new TempFolder();
        var path = folder.File("nbd");
        using (var killed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            killed.Bind(new UnixDomainSocketEndPoint(path));
        using var server = new NbdServer(new NbdExport("disk", "a disk", MemoryDisk.FromBytes(_content)), null, _ => { });
        server.Listen(path);
        using var second = new NbdServer(new NbdExport("disk", "a disk", MemoryDisk.FromBytes(_content)), null, _ => { });
        Assert.Throws<DeviceException>(() => second.Listen(path));
        File.WriteAllText(folder.File("letter"), "Dear all,");
        Assert.Throws<DeviceException>(() => second.Listen(folder.File("letter")));
        Assert.Equal("Dear all,", File.ReadAllText(folder.File("letter")));
    }

    private BlockSourceSlice ReadOnly() => new(MemoryDisk.FromBytes(_content), new Extent(0, Length), "read-only");

    private void MustServe(ServedDisk served)
    {
        using var client = new NbdClient(served.Connect());
        client.Go();
        MustServe(client);
    }

    private void MustServe(NbdClient client)
    {
        client.Request(ReadCommand, 4096, 1000, cookie: 9);
        var (flags, kind, data) = client.Chunk(cookie: 9);
        Assert.Equal((1, 1), (flags, kind));
        Assert.Equal(_content[4096..5096], data[8..]);
    }

    private static byte[] Contexts(params string[] names) =>
        [.. BigEndian(0u), .. BigEndian((uint)names.Length), .. names.SelectMany(name => (byte[])[.. BigEndian((uint)name.Length), .. System.Text.Encoding.UTF8.GetBytes(name)])];
}
