using System.Text.Json;

namespace RescueKit.Agent.Jobs;

/// <summary>A value of a JSON file that knows the line it begins at, so that whoever wrote the file can be told where.</summary>
/// <param name="Text">Of a string or number.</param>
/// <param name="Members">Of an object, in order; a name may come twice.</param>
/// <param name="Items">Of an array.</param>
internal sealed record LinedJson(
    JsonTokenType Kind, int Line, string Text, IReadOnlyList<(string Name, int Line, LinedJson Value)> Members, IReadOnlyList<LinedJson> Items)
{
    /// <summary>What a person calls it.</summary>
    public string KindName => Kind switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        _ => "null",
    };

    /// <summary>Comments and commas behind a last member are allowed: people write these files.</summary>
    /// <exception cref="JsonException">It is no JSON; the message and the line (from 0) say where.</exception>
    public static LinedJson Parse(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) json = json[3..];
        var lines = new Lines(json);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 16 });
        reader.Read();
        var value = Take(ref reader, ref lines);
        reader.Read(); // throws where anything follows
        return value;
    }

    private static LinedJson Take(ref Utf8JsonReader reader, ref Lines lines)
    {
        var (kind, line) = (reader.TokenType, lines.At(reader.TokenStartIndex));
        var members = new List<(string, int, LinedJson)>();
        var items = new List<LinedJson>();
        var text = "";
        switch (kind)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var (name, at) = (reader.GetString()!, lines.At(reader.TokenStartIndex));
                    reader.Read();
                    members.Add((name, at, Take(ref reader, ref lines)));
                }
                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) items.Add(Take(ref reader, ref lines));
                break;
            case JsonTokenType.String:
                text = reader.GetString()!;
                break;
            case JsonTokenType.Number:
                text = System.Text.Encoding.UTF8.GetString(reader.ValueSpan);
                break;
        }
        return new LinedJson(kind, line, text, members, items);
    }

    /// <summary>Counts lines from 1, forwards only.</summary>
    private ref struct Lines(ReadOnlySpan<byte> json)
    {
        private readonly ReadOnlySpan<byte> _json = json;
        private int _at;
        private int _line = 1;

        public int At(long position)
        {
            _line += _json[_at..(int)position].Count((byte)'\n');
            _at = (int)position;
            return _line;
        }
    }
}
