using System.Text.RegularExpressions;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>
/// The sums that Clonezilla keeps of a folder's files where it was told to: MD5SUMS, SHA1SUMS, B2SUMS (ocs-functions, gen_checksums_for_img_if_assigned),
/// as the programs of coreutils write them.
/// </summary>
internal sealed partial class FolderSums
{
    private static readonly (string List, string Program)[] s_lists =
        [("MD5SUMS", "md5sum"), ("SHA1SUMS", "sha1sum"), ("SHA256SUMS", "sha256sum"), ("SHA512SUMS", "sha512sum"), ("B2SUMS", "b2sum")];

    private readonly ImportFolder _folder;
    private readonly Lazy<ILookup<string, (string List, string Program, string Sum)>> _sums;

    public FolderSums(ImportFolder folder)
    {
        _folder = folder;
        _sums = new(Read);
    }

    /// <summary>The lists that there are.</summary>
    public IEnumerable<string> Lists => s_lists.Select(list => list.List).Where(_folder.Names.Contains);

    /// <summary>All names that the lists have, whether there are such files or not.</summary>
    public IEnumerable<string> Names => _sums.Value.Select(group => group.Key);

    /// <summary>What a file has to pass.</summary>
    public IReadOnlyList<SumCheck> Checks(string name, CancellationToken cancel) =>
        s_lists.Any(list => list.List == name)
            ? []
            : [.. _sums.Value[name].Select(known => new SumCheck(_folder.Tools, known.Program, known.Sum, _folder.PathOf(name), known.List, cancel))];

    private ILookup<string, (string List, string Program, string Sum)> Read() => s_lists
        .SelectMany(list => _folder.Lines(list.List).Select(line => (list, Match: Line().Match(line))))
        .Where(found => found.Match.Success)
        .ToLookup(found => found.Match.Groups["name"].Value, found => (found.list.List, found.list.Program, found.Match.Groups["sum"].Value));

    [GeneratedRegex(@"^(?<sum>[0-9a-fA-F]{32,128}) [ *](?<name>[^/]+)$")]
    private static partial Regex Line();
}

/// <summary>A file's sum, counted by the program that made it while the file passes by.</summary>
internal sealed class SumCheck(IToolStreams tools, string program, string sum, string path, string list, CancellationToken cancel) : IDisposable
{
    private readonly RunningTool _tool = tools.Open(new ToolCall(program) { Cancel = cancel });

    public void Add(ReadOnlySpan<byte> bytes) => _tool.Input.Write(bytes);

    /// <exception cref="ImageDamagedException">It is another one.</exception>
    public void End()
    {
        var outcome = _tool.End();
        if (outcome.ExitCode != 0) throw new DeviceException($"{program} failed: {outcome.Complaint}");
        if (!outcome.Output.Split(' ')[0].Equals(sum, StringComparison.OrdinalIgnoreCase))
            throw new ImageDamagedException($"{path} is damaged: its sum is not the one in {list}", "copy it again from where it came");
    }

    public void Dispose() => _tool.Dispose();
}
