using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>QEMU's machine protocol (QMP, docs/interop/qmp-spec.txt): one JSON object on each line.</summary>
internal sealed class GuestMonitor : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;
    private readonly List<JsonNode> _events = [];

    public GuestMonitor(Socket socket)
    {
        socket.ReceiveTimeout = (int)s_limit.TotalMilliseconds;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new StreamReader(_stream, Encoding.UTF8);
        Next(); // the greeting
        Do("qmp_capabilities", []);
    }

    /// <summary>Runs a command and returns what it returned.</summary>
    public JsonNode Do(string command, JsonObject arguments)
    {
        _stream.Write(Encoding.UTF8.GetBytes(new JsonObject { ["execute"] = command, ["arguments"] = arguments }.ToJsonString() + "\n"));
        while (true)
        {
            var answer = Next();
            if (answer["return"] is { } result) return result;
            if (answer["error"] is { } error) throw new InvalidOperationException($"QEMU refused {command} {arguments.ToJsonString()}: {error.ToJsonString()}");
            _events.Add(answer);
        }
    }

    /// <summary>Waits until the guest has let go of a device that was asked for with device_del.</summary>
    public void WaitUntilDeleted(string device)
    {
        bool IsIt(JsonNode found) => (string?)found["event"] == "DEVICE_DELETED" && (string?)found["data"]?["device"] == device;
        while (_events.RemoveAll(IsIt) == 0) _events.Add(Next());
    }

    public void Dispose()
    {
        _reader.Dispose();
        _stream.Dispose();
    }

    private JsonNode Next() => JsonNode.Parse(_reader.ReadLine() ?? throw new IOException("QEMU hung up"))!;
}
