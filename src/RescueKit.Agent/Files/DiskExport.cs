using RescueKit.Agent.Tools;
using RescueKit.Engine.Serving;
using RescueKit.Engine.Serving.Nbd;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>Images as disk files of other programs' kinds, by qemu-img(1), which reads the image from a socket of this process's own.</summary>
public sealed class DiskExport : IDisposable
{
    /// <summary>Formats by the names that people use for them, and that qemu-img has for them.</summary>
    private static readonly (string Name, string Driver, string[] Endings)[] s_formats =
        [("raw", "raw", [".raw", ".img"]), ("qcow2", "qcow2", [".qcow2"]), ("vmdk", "vmdk", [".vmdk"]), ("vhdx", "vhdx", [".vhdx"])];

    /// <summary>Behind a file's name until all of it is there: one that was cut off must not pass for a disk.</summary>
    private const string Unfinished = ".part";

    private readonly IToolRunner _tools;
    private readonly DirectoryInfo _work;
    private readonly CancellationTokenSource _stop = new();
    private readonly MeteredSource _disk;
    private readonly NbdServer _server;
    private readonly Task _serving;
    private int _failures;

    /// <param name="disk">Stays the caller's.</param>
    /// <param name="report">Takes what could not be read, a sentence each, from any thread.</param>
    public DiskExport(MeteredSource disk, IToolRunner tools, Action<string> report)
    {
        if (!tools.Has("qemu-img")) throw new DeviceException("the program qemu-img is not on this system", "install it: apt install qemu-utils");
        (_disk, _tools, _work) = (disk, tools, Directory.CreateTempSubdirectory("rescuekit-export-"));
        _server = new NbdServer(new NbdExport("disk", disk.Name, disk), null, message =>
        {
            Interlocked.Increment(ref _failures);
            report(message);
        });
        try
        {
            _server.Listen(Path.Combine(_work.FullName, "nbd"));
        }
        catch
        {
            _server.Dispose();
            _work.Delete();
            throw;
        }
        _serving = _server.RunAsync(untilUnused: false, _stop.Token);
    }

    public static IEnumerable<string> Formats => s_formats.Select(format => format.Name);

    /// <summary>Whether something could not be read so far.</summary>
    public bool HasLosses => _failures > 0;

    /// <summary>The format that a file's name ends in; null for none.</summary>
    public static string? FormatOf(string path) => s_formats.FirstOrDefault(format => format.Endings.Contains(Path.GetExtension(path).ToLowerInvariant())).Name;

    /// <param name="file">Does not exist yet.</param>
    /// <param name="skip">Writes zeros where something cannot be read, instead of failing.</param>
    /// <param name="verify">Reads it back and compares it with the image, as long as nothing of that is lost.</param>
    /// <exception cref="DeviceException">It failed, or differs; nothing of the file is left.</exception>
    /// <exception cref="ImageDamagedException">Something cannot be read; nothing of the file is left.</exception>
    public void Write(string file, string format, bool compress, bool skip, bool verify, CancellationToken cancel)
    {
        var part = file + Unfinished;
        if (Path.Exists(part)) throw new SafetyException($"{part} is there: another export is under way, or was cut off", "wait for it, or remove it");
        try
        {
            // Its own choice of cache would not have the file on stable storage at the end.
            Must("writing", file, ["convert", "-f", "raw", "-O", Driver(format), "-t", "writeback", .. compress ? (string[])["-c"] : [], .. skip ? (string[])["--salvage"] : [], _server.Uri, part], cancel);
            if (verify && !HasLosses)
            {
                _disk.Begin("verifying");
                Must("comparing", part, ["compare", "-f", "raw", "-F", Driver(format), _server.Uri, part], cancel);
            }
            File.Move(part, file, overwrite: false);
        }
        catch (DeviceException e)
        {
            File.Delete(part);
            if (!HasLosses) throw;
            throw new ImageDamagedException($"not all of the image can be read: {e.Message}", "give --on-damage skip, and zeros stand where something is lost", e);
        }
        catch (OperationCanceledException)
        {
            File.Delete(part);
            throw;
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _serving.GetAwaiter().GetResult();
        _server.Dispose();
        _stop.Dispose();
        _work.Delete(recursive: true);
    }

    private void Must(string doing, string file, string[] arguments, CancellationToken cancel) =>
        _tools.Must($"{doing} {file}", new ToolCall("qemu-img", arguments) { Limit = Timeout.InfiniteTimeSpan, Cancel = cancel });

    private static string Driver(string format) => s_formats.First(known => known.Name == format).Driver;
}
