using Microsoft.Win32.SafeHandles;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Interop;
using RescueKit.Agent.Protocol;

namespace RescueKit.Agent.Jobs;

/// <summary>A configuration and all that is wrong with it.</summary>
/// <param name="Problems">It must not be used where there are any.</param>
public sealed record ConfigCheck(string Path, AgentConfig Config, IReadOnlyList<ConfigProblem> Problems)
{
    /// <summary>Passphrases that cannot be read now, as from a disk that is not mounted yet: runs of that job fail, others do not.</summary>
    public IReadOnlyList<ConfigProblem> Unreadable { get; init; } = [];

    /// <summary>Of the Debian package.</summary>
    private const string Example = "/usr/share/rescuekit/agent.json";

    /// <summary>Reads a configuration file, and has the command line look at each job's words.</summary>
    public static ConfigCheck Of(string path, IRunFactory factory) => Of(path, factory, LibC.UserId());

    /// <param name="user">As which the agent runs.</param>
    internal static ConfigCheck Of(string path, IRunFactory factory, uint user)
    {
        byte[] json;
        IReadOnlyList<ConfigProblem> rights;
        try
        {
            using var file = File.OpenHandle(path);
            rights = [.. ConfigRights.Look(path, file, user)];
            json = Content(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var why = e is FileNotFoundException or DirectoryNotFoundException ? $"there is no such file: copy the example there, {Example}, and change it" : $"it cannot be read: {e.Message}";
            return new ConfigCheck(path, new AgentConfig([]), [new ConfigProblem(null, why)]);
        }
        var (config, problems) = ConfigReader.Read(json, Environment.MachineName);
        var (wrong, unreadable) = (new List<ConfigProblem>(), new List<ConfigProblem>());
        foreach (var job in config.Jobs)
        {
            if (Words(job, job.Options with { PassphraseFile = null }, factory) is { } problem) wrong.Add(problem);
            else if (Words(job, job.Options, factory) is { } missing) unreadable.Add(missing);
        }
        return new ConfigCheck(path, config, [.. problems.Concat(rights).Concat(wrong).OrderBy(problem => problem.Line)]) { Unreadable = unreadable };
    }

    private static byte[] Content(SafeFileHandle file)
    {
        using var content = new MemoryStream();
        using var stream = new FileStream(file, FileAccess.Read);
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static ConfigProblem? Words(JobConfig job, JobOptions options, IRunFactory factory)
    {
        try
        {
            // A hot one would look for the snapshots of others; what else it says is the same.
            factory.Parse(new RunRequest(JobWords.Of(job with { Options = options with { Hot = false, Store = null, Writers = true, QuietPeriod = null, QuietTimeout = null } }, ImageOf(job))));
            return null;
        }
        catch (Exception e)
        {
            var problem = factory.Explain(e);
            return new ConfigProblem(job.Line, $"job '{job.Name}': {problem.Error}{(problem.Remedy is { } remedy ? $"; {remedy}" : "")}");
        }
    }

    private static string ImageOf(JobConfig job) => System.IO.Path.Combine(job.Folder, job.File.At(DateTimeOffset.UnixEpoch));
}
