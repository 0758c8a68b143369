using System.Text.Json;
using RescueKit.Agent.Schedules;
using RescueKit.Engine.Texts;
using RescueKit.Model;

namespace RescueKit.Agent.Jobs;

/// <summary>Reads agent.json strictly: members that are not known, of the wrong kind, missing or given twice are all told at once, each with its line.</summary>
internal sealed class ConfigReader
{
    private const int MostParallel = 16;
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(31);

    private readonly List<ConfigProblem> _problems = [];
    private readonly string _hostName;

    private ConfigReader(string hostName) => _hostName = hostName;

    /// <summary>The configuration holds only what could be read; where there are problems it must not be used.</summary>
    public static (AgentConfig Config, IReadOnlyList<ConfigProblem> Problems) Read(ReadOnlySpan<byte> json, string hostName)
    {
        var reader = new ConfigReader(hostName);
        try
        {
            return (reader.Config(LinedJson.Parse(json)), [.. reader._problems.OrderBy(problem => problem.Line)]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            var line = (e as JsonException)?.LineNumber is { } number ? (int?)number + 1 : null;
            return (new AgentConfig([]), [new ConfigProblem(line, $"this is no JSON: {e.Message.Split(" LineNumber:")[0]}")]);
        }
    }

    private AgentConfig Config(LinedJson root)
    {
        var file = new ConfigObject(root, "the file", _problems);
        var jobs = new List<JobConfig>();
        foreach (var item in file.List("jobs"))
        {
            if (Job(item) is { } job) jobs.Add(job);
        }
        var parallel = file.Number("parallel", 1, MostParallel) ?? 1;
        file.NothingElse();
        Clashes(jobs);
        return new AgentConfig(jobs, parallel);
    }

    private JobConfig? Job(LinedJson json)
    {
        var o = new ConfigObject(json, "a job", _problems);
        var name = o.Required("name");
        var named = name is { Length: > 0 and <= 64 } && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && name[0] is not ('-' or '.');
        if (name is not null && !named) o.Wrong("name", "a name has up to 64 letters, digits, '-', '_' and '.', and begins with a letter or digit");
        var source = Absolute(o, "source", o.Required("source"));
        var folder = Absolute(o, "folder", o.Required("folder"));
        var schedule = o.Required("schedule") is { } text ? o.Try("schedule", () => CalendarExpression.Parse(text)) : null;
        var file = o.Try("file", () => ImageNames.Parse(o.Text("file") ?? ImageNames.Default, named ? name! : "x", _hostName));
        var options = Options(o);
        var retention = RetentionOf(o);
        var priority = ConfigPriority.Read(o);
        var timeout = o.Number("timeout_minutes", 1, (int)LongestTimeout.TotalMinutes);
        var onFailure = o.Texts("on_failure");
        if (onFailure is [var program, ..] && !Path.IsPathRooted(program)) o.Wrong("on_failure", $"'{program}' is no whole path of a program");
        o.NothingElse();
        if (!named || source is null || folder is null || schedule is null || file is null) return null;
        return new JobConfig
        {
            Name = name!,
            Line = json.Line,
            Source = source,
            Folder = Plain(folder),
            File = file,
            Schedule = schedule,
            Options = options,
            Retention = retention,
            Priority = priority,
            Timeout = timeout is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
            OnFailure = onFailure,
        };
    }

    private static JobOptions Options(ConfigObject o)
    {
        var options = new JobOptions
        {
            Hot = o.Flag("hot") ?? true,
            Store = o.Text("store"),
            Writers = o.Flag("writers") ?? true,
            QuietPeriod = o.Text("quiet_period"),
            QuietTimeout = o.Text("quiet_timeout"),
            Partitions = o.Numbers("partitions", 0, 1024),
            Codec = o.Text("codec"),
            Level = o.Number("level", 1, 100),
            ChunkSize = o.Size("chunk_size"),
            AllBlocks = o.Flag("all_blocks") ?? false,
            Split = o.Size("split"),
            PassphraseFile = Absolute(o, "passphrase_file", o.Text("passphrase_file")),
            OnBadSector = o.Text("on_bad_sector"),
            BadSectorTime = o.Text("bad_sector_time"),
            Unclean = o.Text("unclean"),
            ExcludeWindowsSwap = o.Flag("exclude_windows_swap") ?? false,
            Verify = o.Flag("verify") ?? false,
            RateLimit = o.Size("rate_limit"),
        };
        Quiet(o, options);
        if (options.Store is not (null or "memory")) Absolute(o, "store", options.Store);
        foreach (var (name, isSet) in (ReadOnlySpan<(string, bool)>)
                 [("store", options.Store is not null), ("writers", !options.Writers), ("quiet_period", options.QuietPeriod is not null), ("quiet_timeout", options.QuietTimeout is not null)])
        {
            if (isSet && !options.Hot) o.Wrong(name, "it goes with a hot backup only, and 'hot' is false");
        }
        return options;
    }

    private Retention? RetentionOf(ConfigObject job)
    {
        if (job.Take("retention") is not { } json) return null;
        var o = new ConfigObject(json, "retention", _problems);
        var retention = new Retention(o.Number("keep", 1, 100_000), o.Number("keep_days", 1, 100_000));
        o.NothingElse();
        if (retention is { Keep: null, KeepDays: null }) job.Wrong("retention", "it says neither 'keep' nor 'keep_days': leave it out to keep all images");
        return retention;
    }

    /// <summary>A time-out that ends before the period could have passed is waited for in vain each time; 0 does not wait.</summary>
    private static void Quiet(ConfigObject o, JobOptions options)
    {
        if (Duration(o, "quiet_period", options.QuietPeriod) is { } period && Duration(o, "quiet_timeout", options.QuietTimeout) is { } timeout && timeout > TimeSpan.Zero && timeout < period)
            o.Wrong("quiet_timeout", $"'{options.QuietTimeout}' is shorter than 'quiet_period', which then never passes: make it longer, or 0 to wait for nothing");
    }

    private static TimeSpan? Duration(ConfigObject o, string name, string? text)
    {
        if (text is null or "0") return text is null ? null : TimeSpan.Zero;
        try
        {
            return DurationText.Parse(text);
        }
        catch (FormatException)
        {
            o.Wrong(name, $"'{text}' is no time: 30s, 10m and 1h30m are, and 0");
            return null;
        }
    }

    private static string? Absolute(ConfigObject o, string name, string? path)
    {
        if (path is null || (Path.IsPathRooted(path) && !path.Contains('\0'))) return path;
        o.Wrong(name, $"'{path}' is no whole path: it begins with /");
        return null;
    }

    /// <summary>One spelling for each folder, the one that images are written by: they are known by their paths.</summary>
    /// <param name="folder">A whole path.</param>
    public static string Plain(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    private void Clashes(List<JobConfig> jobs)
    {
        for (var i = 0; i < jobs.Count; i++)
        {
            foreach (var earlier in jobs.Take(i))
            {
                if (earlier.Name == jobs[i].Name) _problems.Add(new ConfigProblem(jobs[i].Line, $"there is a job '{earlier.Name}' already, in line {earlier.Line}"));
                else if (earlier.Folder == jobs[i].Folder && earlier.File.SameAs(jobs[i].File))
                    _problems.Add(new ConfigProblem(jobs[i].Line, $"the images of '{jobs[i].Name}' have the names of those of '{earlier.Name}': put {{job}} into 'file', or give it another folder"));
            }
        }
    }
}
