using System.Text;

namespace RescueKit.Media.Tools;

/// <summary>The files below media/ in the repository; they travel inside the executable.</summary>
internal static class Assets
{
    private const string Prefix = "media/";

    /// <summary>Names of all files below a folder, relative to media/, sorted.</summary>
    public static IReadOnlyList<string> Below(string folder) =>
        [.. typeof(Assets).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix + folder + "/", StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..]).Order(StringComparer.Ordinal)];

    /// <param name="name">Relative to media/.</param>
    public static string Text(string name)
    {
        using var stream = typeof(Assets).Assembly.GetManifestResourceStream(Prefix + name)
            ?? throw new ArgumentException($"media/{name} is not in the executable", nameof(name));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>The lines of a list without its comments (from # on) and without empty lines.</summary>
    public static IEnumerable<string> Lines(string name) => Text(name).Split('\n').Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0);

    /// <summary>The words of each line of a list.</summary>
    public static IEnumerable<string[]> Words(string name) =>
        Lines(name).Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
