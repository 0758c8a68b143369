using System.Text.Json;
using RescueKit.Model;

namespace RescueKit.Snapshots.Writers.Configuration;

/// <summary>The members of a writer's file, each read once; those that nobody asked for are errors.</summary>
internal sealed class WriterMembers(string path, JsonElement root)
{
    private readonly HashSet<string> _known = [];

    public string? Text(string member, bool isPath = false)
    {
        if (Find(member) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: > 0 } text || text.Any(char.IsControl)) throw Wrong(member, "must be a text");
        return isPath && !text.StartsWith('/') ? throw Wrong(member, "must be a path that begins with /") : text;
    }

    public string Required(string member, bool isPath = false) => Text(member, isPath) ?? throw Wrong(member, "is missing");

    public int? Number(string member, int least, int most)
    {
        if (Find(member) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw Wrong(member, FormattableString.Invariant($"must be a whole number from {least} to {most}"));
    }

    public IReadOnlyList<string> Paths(string member)
    {
        if (Find(member) is not { } value) return [];
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(member, "must be a list of paths");
        var texts = value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : "").ToList();
        return texts.TrueForAll(text => text.StartsWith('/')) ? texts : throw Wrong(member, "must be a list of paths that begin with /");
    }

    public void NothingElse()
    {
        foreach (var member in root.EnumerateObject().Where(member => !_known.Contains(member.Name)))
            throw new UsageException($"{path}: unknown member '{member.Name}'", $"known for this type: {string.Join(", ", _known)}");
    }

    public UsageException Wrong(string member, string how) => new($"{path}: '{member}' {how}", "correct the file, or go without writers: --no-writers");

    private JsonElement? Find(string member)
    {
        _known.Add(member);
        return root.TryGetProperty(member, out var value) ? value : null;
    }
}
