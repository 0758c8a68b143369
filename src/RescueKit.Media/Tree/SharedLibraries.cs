using System.Text.RegularExpressions;
using RescueKit.Media.Packages;
using RescueKit.Media.Tools;
using RescueKit.Model;

namespace RescueKit.Media.Tree;

/// <summary>
/// Finds the libraries that programs are linked with, in unpacked packages: the dynamic loader of the same packages is asked, which
/// neither runs the program nor looks at this machine's libraries.
/// </summary>
internal sealed partial class SharedLibraries
{
    private const string Folder = "lib/x86_64-linux-gnu";
    private readonly string _loader;
    private readonly string[] _folders;

    public SharedLibraries(IReadOnlyList<UnpackedPackage> packages)
    {
        _folders = [.. packages.SelectMany(package => new[] { Path.Combine(package.Root, Folder), Path.Combine(package.Root, "usr", Folder) }).Where(Directory.Exists)];
        _loader = _folders.Select(folder => Path.Combine(folder, "ld-linux-x86-64.so.2")).FirstOrDefault(File.Exists)
            ?? throw new DeviceException("none of the packages has the dynamic loader (libc6)");
    }

    /// <summary>Copies what the tree's programs and libraries need into it.</summary>
    public void Complete(SystemTree tree)
    {
        // Asked of every file: a library may need another that no program names.
        foreach (var file in tree.Files().Where(file => IsLinked(tree.PathOf(file))))
        {
            foreach (var library in NeededBy(tree.PathOf(file)))
            {
                var inside = Path.Combine("usr", Folder, Path.GetFileName(library));
                if (!tree.Has(inside)) tree.AddFile(library, inside);
            }
        }
        tree.AddFile(_loader, Path.Combine("usr", Folder, "ld-linux-x86-64.so.2"));
        tree.AddLink("lib64/ld-linux-x86-64.so.2", "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
    }

    private List<string> NeededBy(string file)
    {
        // As ldd does: what is linked statically must not be listed, the loader crashes on it.
        if (ExternalTool.Try(_loader, ["--verify", file]).ExitCode is not (0 or 2)) return [];
        var output = ExternalTool.Run(_loader, ["--inhibit-cache", "--library-path", string.Join(':', _folders), "--list", file]);
        var needed = new List<string>();
        foreach (Match line in Line().Matches(output))
        {
            var (name, found) = (line.Groups[1].Value, line.Groups[2].Value);
            if (!_folders.Any(folder => found.StartsWith(folder + "/", StringComparison.Ordinal)))
                throw new DeviceException($"{Path.GetFileName(file)} needs {name}, which none of the packages of the rescue media has", "Add the package that has it to media/packages.");
            needed.Add(found);
        }
        return needed;
    }

    /// <summary>An ELF file of type ET_EXEC or ET_DYN (elf.h): a program or library, not a kernel module.</summary>
    private static bool IsLinked(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> head = stackalloc byte[18];
        return file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.StartsWith("\u007fELF"u8) && head[16] is (2 or 3);
    }

    [GeneratedRegex(@"^\t(\S+) => (\S.*?)(?: \(0x[0-9a-f]+\))?$", RegexOptions.Multiline)]
    private static partial Regex Line();
}
