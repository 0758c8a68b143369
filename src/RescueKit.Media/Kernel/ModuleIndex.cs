namespace RescueKit.Media.Kernel;

/// <summary>What depmod found out about all modules of a kernel: their paths, what they need, and which devices they are for.</summary>
internal sealed class ModuleIndex
{
    private readonly Dictionary<string, string[]> _needs = [];
    private readonly Dictionary<string, string> _byName = [];
    private readonly ILookup<string, string> _soft;

    /// <param name="folder">lib/modules/VERSION.</param>
    public ModuleIndex(string folder)
    {
        Folder = folder;
        foreach (var line in File.ReadLines(Path.Combine(folder, "modules.dep")))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            _needs[line[..colon]] = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            _byName[NameOf(line[..colon])] = line[..colon];
        }
        _soft = SoftDependencies().ToLookup(pair => pair.Module, pair => pair.Needed);
    }

    public string Folder { get; }

    /// <summary>Paths relative to <see cref="Folder"/>, as kernel/fs/ext4/ext4.ko.</summary>
    public IReadOnlyCollection<string> Paths => _needs.Keys;

    /// <summary>A module's name, as lsmod shows it.</summary>
    public static string NameOf(string path) => Stem(Path.GetFileName(path)).Replace('-', '_');

    /// <summary>A module's path without the ending of its kind of file.</summary>
    public static string Stem(string path) => path[..path.LastIndexOf(".ko", StringComparison.Ordinal)];

    public string? PathOf(string name) => _byName.GetValueOrDefault(name.Replace('-', '_'));

    /// <summary>The modules and all that they need, each after what it needs; soft dependencies too.</summary>
    public IReadOnlyList<string> WithNeeds(IEnumerable<string> paths)
    {
        var order = new List<string>();
        var seen = new HashSet<string>();
        foreach (var path in paths) Add(path);
        return order;

        void Add(string path)
        {
            if (!seen.Add(path)) return;
            foreach (var needed in _needs[path].Reverse()) Add(needed);
            foreach (var soft in _soft[NameOf(path)])
            {
                if (PathOf(soft) is { } found) Add(found);
            }
            order.Add(path);
        }
    }

    /// <summary>Modules with their device patterns (modules.alias): "pci:v0000…".</summary>
    public IEnumerable<(string Module, string Alias)> Aliases() =>
        File.ReadLines(Path.Combine(Folder, "modules.alias")).Select(line => line.Split(' ')).Where(words => words.Length == 3 && words[0] == "alias")
            .Select(words => (words[2], words[1]));

    /// <summary>Lines "softdep NAME pre: A B post: C"; what comes after is needed as well.</summary>
    private IEnumerable<(string Module, string Needed)> SoftDependencies()
    {
        var file = Path.Combine(Folder, "modules.softdep");
        if (!File.Exists(file)) yield break;
        foreach (var words in File.ReadLines(file).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 2 && words[0] == "softdep"))
        {
            foreach (var needed in words[2..].Where(word => !word.EndsWith(':')))
                yield return (words[1].Replace('-', '_'), needed);
        }
    }
}
