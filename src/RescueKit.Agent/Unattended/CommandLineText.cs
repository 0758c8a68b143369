using System.Text;
using RescueKit.Model;

namespace RescueKit.Agent.Unattended;

/// <summary>One string taken apart into words as a shell would: blanks part them, '…' and "…" keep them together, \ keeps one character.</summary>
public static class CommandLineText
{
    /// <exception cref="UsageException">A quotation mark is never closed.</exception>
    public static IReadOnlyList<string> Split(string line)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        var quote = '\0';
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c == '\\' && quote != '\'' && i + 1 < line.Length)
            {
                (word ??= new StringBuilder()).Append(line[++i]);
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (word is not null) words.Add(word.ToString());
                word = null;
            }
            else if (quote == '\0' ? c is '\'' or '"' : c == quote)
            {
                quote = quote == '\0' ? c : '\0';
                word ??= new StringBuilder();
            }
            else
            {
                (word ??= new StringBuilder()).Append(c);
            }
        }
        if (quote != '\0') throw new UsageException($"the quotation mark {quote} is never closed in: {line}");
        if (word is not null) words.Add(word.ToString());
        return words;
    }

    /// <summary>Takes `--confirm ID` or `--confirm=ID` out of the words of a run: it belongs to its start, not to its plan.</summary>
    public static (IReadOnlyList<string> Words, string? Confirm) TakeConfirm(IReadOnlyList<string> words)
    {
        const string Name = "--confirm";
        var rest = new List<string>();
        string? confirm = null;
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] == Name && i + 1 < words.Count) confirm = words[++i];
            else if (words[i].StartsWith(Name + "=", StringComparison.Ordinal)) confirm = words[i][(Name.Length + 1)..];
            else rest.Add(words[i]);
        }
        return (rest, confirm);
    }
}
