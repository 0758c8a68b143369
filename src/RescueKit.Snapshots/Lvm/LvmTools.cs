using System.ComponentModel;
using System.Diagnostics;

namespace RescueKit.Snapshots.Lvm;

/// <summary>lvm2's own program, of which lvcreate and all the others are names (lvm(8)).</summary>
internal sealed class LvmTools : ILvm
{
    private const string Program = "lvm";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public IReadOnlyList<LogicalVolume> List() =>
        LvmReport.Parse(Run("lvs", "--all", "--noheadings", "--units", "b", "--nosuffix", "--separator", LvmReport.Separator, "-o", LvmReport.Fields));

    /// <summary>Chunks larger than lvm2's 4 KiB: each first overwrite copies one and writes down where it is, synchronously.</summary>
    public void Snapshot(LogicalVolume origin, string name, string tag, long? bytes)
    {
        IReadOnlyList<string> kind = bytes is { } size ? ["--size", $"{size}b", "--chunksize", "64k"] : ["--setactivationskip", "n"];
        Run(["lvcreate", "--yes", "--snapshot", "--permission", "r", "--addtag", tag, "--name", name, .. kind, origin.Path]);
    }

    public void Extend(string path, long bytes) => Run("lvextend", "--size", $"+{bytes}b", path);

    public void Remove(string path) => Run("lvremove", "--yes", "--force", path);

    private static string Run(params IReadOnlyList<string> words)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (var word in words) start.ArgumentList.Add(word);
        start.Environment["LC_ALL"] = "C";
        start.Environment["LVM_SUPPRESS_FD_WARNINGS"] = "1";
        try
        {
            using var process = Process.Start(start) ?? throw new LvmException($"{Program} could not be started");
            process.StandardInput.Close();
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            if (!process.WaitForExit(s_patience)) throw new LvmException($"{Program} {words[0]} does not come to its end");
            return process.ExitCode == 0 ? output.Result : throw new LvmException($"{words[0]}: {OneLine(errors.Result)}");
        }
        catch (Win32Exception e)
        {
            throw new LvmException($"{Program} could not be started: {e.Message}", e);
        }
    }

    private static string OneLine(string text) => string.Join("; ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => !line.StartsWith("WARNING", StringComparison.Ordinal)));
}
