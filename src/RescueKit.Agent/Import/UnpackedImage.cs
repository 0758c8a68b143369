using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>What is in the files of a volume, unpacked as it passes by.</summary>
internal sealed class UnpackedImage : IDisposable
{
    private const int BufferLength = 1 << 20;
    private const int LongestSign = 16;

    private readonly PartsReader _parts;
    private readonly RunningTool? _tool;
    private readonly ToolCall? _call;
    private readonly Task _feeding = Task.CompletedTask;
    private readonly string _name;
    private readonly CancellationToken _cancel;
    private volatile bool _isOver;

    /// <param name="whole">All of it is going to be read, so that its sums can be checked; else its beginning is.</param>
    /// <param name="passed">Is told how many packed bytes have been read, each time, from any thread.</param>
    public UnpackedImage(ImportFolder folder, ImageParts parts, bool whole, Action<int>? passed, CancellationToken cancel)
    {
        (_name, _cancel) = (folder.PathOf(parts.Name), cancel);
        var first = new byte[LongestSign];
        using (var beginning = new PartsReader(folder, parts.Files, checkSums: false, null, cancel)) first = first[..beginning.Fill(first)];
        _parts = new PartsReader(folder, parts.Files, whole, passed, cancel);
        _call = Compression.Of(first, _name, folder.Tools);
        _tool = _call is null ? null : folder.Tools.Open(_call with { Cancel = cancel });
        if (_tool is not null) _feeding = Task.Run(Feed, CancellationToken.None);
    }

    /// <returns>How many bytes were read; 0 at the end.</returns>
    public int Read(Span<byte> buffer)
    {
        _cancel.ThrowIfCancellationRequested();
        return _tool?.Output.Read(buffer) ?? _parts.Read(buffer);
    }

    /// <summary>Reads as much as the buffer takes.</summary>
    /// <returns>How much there was.</returns>
    public int Fill(Span<byte> buffer) => Filling.Fill(Read, buffer);

    /// <summary>Reads what is left, and makes sure that all of it was as it has to be.</summary>
    /// <exception cref="ImageDamagedException">It was not.</exception>
    public void End()
    {
        var buffer = new byte[BufferLength];
        while (Read(buffer) > 0) { }
        _feeding.GetAwaiter().GetResult();
        _parts.End();
        if (_tool?.End() is not { ExitCode: not 0 } outcome) return;
        if (outcome.WasCutOff) throw new DeviceException($"{_call!.Program} failed at {_name}: {outcome.Complaint}");
        throw new ImageDamagedException($"{_name} is damaged: {_call!.Program} cannot unpack it: {outcome.Complaint}", "copy it again from where it came");
    }

    public void Dispose()
    {
        _isOver = true;
        _tool?.Kill();
        try
        {
            _feeding.GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or RescueKitException or OperationCanceledException)
        {
            // Whoever wanted to know has asked End.
        }
        _tool?.Dispose();
        _parts.Dispose();
    }

    private void Feed()
    {
        var buffer = new byte[BufferLength];
        try
        {
            for (int read; !_isOver && (read = _parts.Read(buffer)) > 0;) Give(buffer.AsSpan(0, read));
        }
        finally
        {
            _tool!.CloseInput();
        }
    }

    /// <summary>A program that has met its end, or an error, takes nothing more; the sums want all of it.</summary>
    private void Give(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _tool!.Input.Write(bytes);
        }
        catch (IOException)
        {
            // Its exit code tells why.
        }
    }
}
