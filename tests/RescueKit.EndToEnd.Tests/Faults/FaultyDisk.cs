using System.Diagnostics;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Faults;

/// <summary>
/// A disk file some sectors of which give real I/O errors, as a file on FUSE: nbdkit has the faults, nbdfuse makes a file of it. Through
/// the page cache a bad sector costs its page of 4096 bytes; through a loop device with direct I/O it costs itself alone.
/// </summary>
internal sealed class FaultyDisk : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Process _process;
    private readonly string _folder;

    private FaultyDisk(TempFolder folder, string name, IEnumerable<string> server)
    {
        _folder = folder.Folder($"{name}.fuse");
        Path = System.IO.Path.Combine(_folder, "disk.raw");
        var ready = folder.File($"{name}.pid");
        _process = Process.Start(new ProcessStartInfo(Tool.Find("nbdfuse"), ["-P", ready, Path, "[", Tool.Find("nbdkit"), "--exit-with-parent", .. server, "]"]))!;
        var waited = Stopwatch.StartNew();
        while (!File.Exists(ready) || new FileInfo(ready).Length == 0)
        {
            if (_process.HasExited || waited.Elapsed > Patience) throw new ToolFailedException($"nbdfuse did not come up for {name}");
            Thread.Sleep(20);
        }
    }

    public string Path { get; }

    /// <summary>Reads that touch one of the ranges fail at once.</summary>
    /// <param name="bad">Bytes, in ascending order; whole sectors of 512.</param>
    public static FaultyDisk Unreadable(TempFolder folder, string disk, params (long Offset, long Length)[] bad)
    {
        var map = folder.File("ddrescue.map");
        var lines = new List<string> { "0x0 + 1" };
        var at = 0L;
        foreach (var (offset, length) in bad)
        {
            if (offset > at) lines.Add($"0x{at:x} 0x{offset - at:x} +");
            lines.Add($"0x{offset:x} 0x{length:x} -");
            at = offset + length;
        }
        lines.Add($"0x{at:x} 0x{new FileInfo(disk).Length - at:x} +");
        File.WriteAllLines(map, lines);
        return new FaultyDisk(folder, "unreadable", ["--filter=noextents", "--filter=ddrescue", "file", disk, $"ddrescue-mapfile={map}"]);
    }

    /// <summary>Reads that touch the range take a time, and fail then.</summary>
    public static FaultyDisk Slow(TempFolder folder, string disk, (long Offset, long Length) bad, int seconds) =>
        Scripted(folder, "slow", disk, read: $"if {Touches(bad)}; then sleep {seconds}; echo EIO >&2; exit 1; fi", write: "");

    /// <summary>Writes that touch the range fail.</summary>
    public static FaultyDisk Unwritable(TempFolder folder, string disk, (long Offset, long Length) bad) =>
        Scripted(folder, "unwritable", disk, read: "", write: $"if {Touches(bad)}; then echo EIO >&2; exit 1; fi");

    /// <summary>The first sync fails; what was written stays readable, and later syncs succeed.</summary>
    public static FaultyDisk Unsyncable(TempFolder folder, string disk) =>
        Scripted(folder, "unsyncable", disk, read: "", write: "", flush: $"if mkdir '{folder.File("synced")}' 2>/dev/null; then echo EIO >&2; exit 1; fi");

    /// <summary>The disk is not there any more, as when its cable is pulled.</summary>
    public void Unplug()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    public void Dispose()
    {
        var waited = Stopwatch.StartNew();
        // Whoever was killed in the middle of a request may hold the file for a moment.
        while (!Tool.Run("fusermount3", "-u", _folder).Ok && waited.Elapsed < Patience) Thread.Sleep(20);
        if (!_process.WaitForExit(Patience)) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    // $3 is the length of a request, $4 its offset (nbdkit-eval-plugin(1), nbdkit-sh-plugin(3)).
    private static string Touches((long Offset, long Length) bad) => $"[ $4 -lt {bad.Offset + bad.Length} ] && [ $(($4+$3)) -gt {bad.Offset} ]";

    private static FaultyDisk Scripted(TempFolder folder, string name, string disk, string read, string write, string flush = "") => new(folder, name,
        [
            "eval", $"get_size=stat -L -c %s '{disk}'", "can_write=exit 0", "can_flush=exit 0", $"flush={flush}\nsync '{disk}'",
            $"pread={read}\ndd if='{disk}' iflag=skip_bytes,count_bytes skip=$4 count=$3 bs=64k status=none",
            $"pwrite={write}\ndd of='{disk}' oflag=seek_bytes seek=$4 bs=64k conv=notrunc status=none",
        ]);
}
