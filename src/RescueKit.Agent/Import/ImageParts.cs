using System.Text.RegularExpressions;
using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>The files that hold one volume, in their order: one, or pieces as split(1) names them (.aa, .ab, …; with longer endings, too).</summary>
/// <param name="Name">Theirs without the endings of the pieces.</param>
internal sealed partial record ImageParts(string Name, IReadOnlyList<string> Files)
{
    /// <summary>Those whose names begin with <paramref name="name"/>; null where there are none.</summary>
    /// <exception cref="ImageDamagedException">One of them is missing.</exception>
    public static ImageParts? Find(ImportFolder folder, string name)
    {
        if (folder.Names.Contains(name)) return new ImageParts(name, [name]);
        var files = folder.Names.Where(IsPiece).Order(StringComparer.Ordinal).ToList();
        if (files.Count == 0) return null;
        var missing = Endings(files[0].Length - name.Length - 1).Zip(files, (ending, file) => (Wanted: $"{name}.{ending}", file)).FirstOrDefault(pair => pair.Wanted != pair.file).Wanted
            ?? folder.Sums.Names.Where(IsPiece).Except(files).Order(StringComparer.Ordinal).FirstOrDefault();
        return missing is null
            ? new ImageParts(name, files)
            : throw new ImageDamagedException($"{folder.PathOf(missing)} is missing: {name} cannot be unpacked without it", "copy the file again from where the folder came");

        bool IsPiece(string file) => file.StartsWith(name + ".", StringComparison.Ordinal) && file.Length <= name.Length + 4 && Piece().IsMatch(file.AsSpan(name.Length));
    }

    /// <summary>Those that one of them belongs to: alone, or with the other pieces where there is a first one.</summary>
    /// <exception cref="ImageDamagedException">One of them is missing.</exception>
    public static ImageParts Of(ImportFolder folder, string file)
    {
        var ending = Piece().Match(file);
        var name = ending.Success ? file[..ending.Index] : file;
        return ending.Success && folder.Names.Contains($"{name}.{new string('a', ending.Length - 1)}") && Find(folder, name) is { } pieces ? pieces : new ImageParts(file, [file]);
    }

    /// <summary>aa, ab, …, az, ba, …</summary>
    private static IEnumerable<string> Endings(int length)
    {
        var letters = new string('a', length).ToCharArray();
        while (true)
        {
            yield return new string(letters);
            var at = length - 1;
            while (at >= 0 && letters[at] == 'z') letters[at--] = 'a';
            if (at < 0) yield break;
            letters[at]++;
        }
    }

    /// <summary>Clonezilla's split has two letters, or three.</summary>
    [GeneratedRegex(@"\.[a-z]{2,3}$")]
    private static partial Regex Piece();
}
