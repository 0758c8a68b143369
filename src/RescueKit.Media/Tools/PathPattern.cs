using System.Text;
using System.Text.RegularExpressions;

namespace RescueKit.Media.Tools;

/// <summary>Patterns of paths as the lists in media/ use them: * within a folder, ** across folders, {a,b} for either.</summary>
internal static class PathPattern
{
    public static Regex Compile(string pattern)
    {
        var regex = new StringBuilder("^");
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when i + 1 < pattern.Length && pattern[i + 1] == '*':
                    regex.Append(".*");
                    i++;
                    break;
                case '*': regex.Append("[^/]*"); break;
                case '{': regex.Append("(?:"); break;
                case '}': regex.Append(')'); break;
                case ',': regex.Append('|'); break;
                default: regex.Append(Regex.Escape(pattern[i].ToString())); break;
            }
        }
        return new Regex(regex.Append('$').ToString(), RegexOptions.CultureInvariant);
    }
}
