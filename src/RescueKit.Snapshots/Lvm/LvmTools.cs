using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace RescueKit.Snapshots.Lvm;

/// <summary>lvm2's own program, of which lvcreate and all the others are names (lvm(8)).</summary>
internal sealed class LvmTools : ILvm
{
    private const string Program = "lvm", Fields = "vg_name,lv_name,lv_kernel_major,lv_kernel_minor,lv_size,segtype,origin,lv_tags,vg_free,vg_extent_size,pool_lv,data_percent";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public IReadOnlyList<LogicalVolume> List()
    {
        var rows = Run("lvs", "--all", "--noheadings", "--units", "b", "--nosuffix", "--separator", "|", "-o", Fields).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Trim().Split('|')).Where(row => row.Length == 12).ToList();
        var pools = rows.Where(row => row[5] == "thin-pool").DistinctBy(row => (row[0], row[1])).ToDictionary(row => (row[0], row[1]), FreeOf);
        return [.. rows.Where(row => row[1][0] != '[' && row[5] != "thin-pool" && row[2] is not ("" or "-1")).DistinctBy(row => (row[0], row[1])).Select(row => new LogicalVolume(
            row[0], row[1], $"{row[2]}:{row[3]}", Number(row[4]), row[5], row[6], row[7].Split(',', StringSplitOptions.RemoveEmptyEntries), Number(row[8]), Number(row[9]),
            pools.TryGetValue((row[0], row[10]), out var free) ? free : null))];

        static long FreeOf(string[] pool) => (long)(Number(pool[4]) * (100 - decimal.Parse(pool[11] is "" ? "100" : pool[11], CultureInfo.InvariantCulture)) / 100);
    }

    public void Snapshot(LogicalVolume origin, string name, string tag, long? bytes)
    {
        IReadOnlyList<string> kind = bytes is { } size ? ["--size", $"{size}b"] : ["--setactivationskip", "n"];
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

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
