using System.Globalization;
using System.Text.Json;
using RescueKit.Model;

namespace RescueKit.Agent.Jobs;

/// <summary>An object of the configuration whose members are taken one by one; what is wrong is noted down, and reading goes on.</summary>
/// <param name="what">How it is called in messages: "a job".</param>
internal sealed class ConfigObject
{
    private readonly LinedJson _json;
    private readonly string _what;
    private readonly List<ConfigProblem> _problems;
    private readonly HashSet<string> _known = [];

    public ConfigObject(LinedJson json, string what, List<ConfigProblem> problems)
    {
        (_json, _what, _problems) = (json, what, problems);
        if (json.Kind != JsonTokenType.StartObject) problems.Add(new ConfigProblem(json.Line, $"{what} is an object, and not {json.KindName}"));
        foreach (var again in json.Members.GroupBy(member => member.Name).Where(group => group.Count() > 1))
            problems.Add(new ConfigProblem(again.Last().Line, $"'{again.Key}' is given twice"));
    }

    /// <summary>Null where it is not there.</summary>
    public LinedJson? Take(string name)
    {
        _known.Add(name);
        var found = _json.Members.FirstOrDefault(member => member.Name == name);
        return found.Name is null ? null : found.Value;
    }

    public string? Text(string name) => Of(name, "a text", JsonTokenType.String)?.Text;

    public string? Required(string name)
    {
        if (Take(name) is not null) return Text(name);
        if (_json.Kind == JsonTokenType.StartObject) _problems.Add(new ConfigProblem(_json.Line, $"{_what} lacks '{name}'"));
        return null;
    }

    /// <summary>A size as it is typed, or a number of bytes.</summary>
    public string? Size(string name) => Of(name, "a size", JsonTokenType.String, JsonTokenType.Number)?.Text;

    public bool? Flag(string name) => Of(name, "true or false", JsonTokenType.True, JsonTokenType.False) is { } json ? json.Kind == JsonTokenType.True : null;

    public int? Number(string name, int least, int most) => Of(name, "a number", JsonTokenType.Number) is { } json ? Number(name, json, least, most) : null;

    public IReadOnlyList<LinedJson> List(string name) => Of(name, "a list", JsonTokenType.StartArray)?.Items ?? [];

    public IReadOnlyList<string> Texts(string name)
    {
        var items = List(name);
        foreach (var item in items.Where(item => item.Kind != JsonTokenType.String)) Wrong(name, $"{item.KindName} is no text", item.Line);
        return [.. items.Where(item => item.Kind == JsonTokenType.String).Select(item => item.Text)];
    }

    public IReadOnlyList<int> Numbers(string name, int least, int most) => [.. List(name).Select(item => Number(name, item, least, most)).OfType<int>()];

    /// <summary>Notes down what a parser says of a member; null then.</summary>
    public T? Try<T>(string name, Func<T> parse) where T : class
    {
        try
        {
            return parse();
        }
        catch (Exception e) when (e is FormatException or UsageException)
        {
            Wrong(name, e is UsageException { Remedy: { } remedy } ? $"{e.Message}; {remedy}" : e.Message);
            return null;
        }
    }

    public void Wrong(string name, string why, int? line = null) => _problems.Add(new ConfigProblem(line ?? Take(name)?.Line ?? _json.Line, $"'{name}': {why}"));

    /// <summary>Called last: members that nobody asked for are mistakes.</summary>
    public void NothingElse()
    {
        foreach (var (name, line, _) in _json.Members.Where(member => !_known.Contains(member.Name)))
            _problems.Add(new ConfigProblem(line, $"'{name}' is no member of {_what}; there are {string.Join(", ", _known.Order(StringComparer.Ordinal))}"));
    }

    private int? Number(string name, LinedJson json, int least, int most)
    {
        if (json.Kind == JsonTokenType.Number && int.TryParse(json.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most) return value;
        Wrong(name, $"it is a whole number from {least} to {most}", json.Line);
        return null;
    }

    private LinedJson? Of(string name, string kind, params ReadOnlySpan<JsonTokenType> kinds)
    {
        if (Take(name) is not { } json) return null;
        if (kinds.Contains(json.Kind)) return json;
        Wrong(name, $"it is {kind}, and not {json.KindName}", json.Line);
        return null;
    }
}
