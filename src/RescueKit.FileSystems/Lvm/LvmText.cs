using System.Globalization;
using System.Text;
using RescueKit.Model;

namespace RescueKit.FileSystems.Lvm;

/// <summary>A section of LVM's text: names with numbers, strings, lists of these, or sections. Source: lvm2 libdm/libdm-config.c.</summary>
internal sealed class LvmSection
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    /// <summary>Sections by name, in no order.</summary>
    public IEnumerable<(string Name, LvmSection Section)> Sections => _values.Where(pair => pair.Value is LvmSection).Select(pair => (pair.Key, (LvmSection)pair.Value));

    public LvmSection? Section(string name) => _values.GetValueOrDefault(name) as LvmSection;

    /// <exception cref="MalformedException">There is none of the name.</exception>
    public long Number(string name) => _values.GetValueOrDefault(name) as long? ?? throw new MalformedException($"its metadata lack the number {name}");

    /// <inheritdoc cref="Number" path="/exception"/>
    public string Text(string name) => _values.GetValueOrDefault(name) as string ?? throw new MalformedException($"its metadata lack the text {name}");

    /// <summary>Numbers and strings; empty where there is none of the name.</summary>
    public IReadOnlyList<object> List(string name) => _values.GetValueOrDefault(name) switch { List<object> list => list, null => [], var single => [single] };

    public bool Has(string name) => _values.ContainsKey(name);

    public void Add(string name, object value)
    {
        if (!_values.TryAdd(name, value)) throw new MalformedException($"its metadata have {name} twice");
    }
}

/// <summary>Reads LVM's text.</summary>
internal sealed class LvmText
{
    private const int Deepest = 16;

    private readonly string _text;
    private int _at;

    private LvmText(string text) => _text = text;

    /// <exception cref="MalformedException">It does not follow the syntax.</exception>
    public static LvmSection Parse(string text)
    {
        var reader = new LvmText(text);
        return reader.Section(0, toEnd: true);
    }

    private LvmSection Section(int depth, bool toEnd = false)
    {
        if (depth > Deepest) throw Malformed("is nested too deeply");
        var section = new LvmSection();
        while (true)
        {
            SkipBlanks();
            if (_at == _text.Length && toEnd) return section;
            if (!toEnd && Accept('}')) return section;
            var name = Name();
            SkipBlanks();
            if (Accept('{'))
            {
                section.Add(name, Section(depth + 1));
                continue;
            }
            Require('=');
            section.Add(name, Value());
        }
    }

    private object Value()
    {
        SkipBlanks();
        if (!Accept('[')) return Single();
        var list = new List<object>();
        while (true)
        {
            SkipBlanks();
            if (Accept(']')) return list;
            if (list.Count > 0)
            {
                Require(',');
                SkipBlanks();
            }
            list.Add(Single());
        }
    }

    private object Single()
    {
        if (Accept('"'))
        {
            var text = new StringBuilder();
            while (_at < _text.Length && _text[_at] != '"')
            {
                if (_text[_at] == '\\' && _at + 1 < _text.Length) _at++;
                text.Append(_text[_at++]);
            }
            Require('"');
            return text.ToString();
        }
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '-' or '+' or '.')) _at++;
        var word = _text.AsSpan(start, _at - start);
        // Numbers with a fraction stand nowhere that is read here.
        if (long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return number;
        return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction) ? fraction : throw Malformed("has no value");
    }

    private string Name()
    {
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '_' or '-' or '+' or '.')) _at++;
        return _at > start ? _text[start.._at] : throw Malformed("has no name");
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length)
        {
            if (_text[_at] == '#')
            {
                while (_at < _text.Length && _text[_at] != '\n') _at++;
                continue;
            }
            if (!char.IsWhiteSpace(_text[_at]) && _text[_at] != '\0') return;
            _at++;
        }
    }

    private bool Accept(char wanted)
    {
        if (_at == _text.Length || _text[_at] != wanted) return false;
        _at++;
        return true;
    }

    private void Require(char wanted)
    {
        SkipBlanks();
        if (!Accept(wanted)) throw Malformed($"lacks a '{wanted}'");
    }

    private MalformedException Malformed(string what) => new($"its metadata's text {what} at {_at}");
}
