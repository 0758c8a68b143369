using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>
/// The whole user space of a guest in one archive: busybox, modules, the published executable, and programs of this machine with
/// the libraries that they need.
/// </summary>
internal sealed class GuestInitramfs : IDisposable
{
    /// <summary>Loaded at run time, so that ldd does not name them: the executable's codecs and digests.</summary>
    private static readonly string[] s_loadedLibraries = ["liblz4.so.1", "libzstd.so.1", "libssl.so.3", "libcrypto.so.3"];

    private readonly TempFolder _folder = new();
    private readonly string _root;

    /// <param name="modules">Kernel modules, loaded in this order, each after what it needs.</param>
    /// <param name="programs">Programs of this machine, beside busybox's.</param>
    public GuestInitramfs(GuestKernel kernel, IEnumerable<string> modules, IEnumerable<string> programs)
    {
        Kernel = kernel;
        _root = _folder.Folder("root");
        foreach (var folder in (string[])["bin", "sbin", "dev", "proc", "sys", "run", "tmp", "mnt", "etc", "modules"]) Directory.CreateDirectory(Path.Combine(_root, folder));
        Copy(Tool.Find("busybox"), "bin/busybox");
        Copy(GuestPaths.Init, "init");
        Tool.Must("chmod", "755", Path.Combine(_root, "init"));
        AddModules(modules);
        AddProgram(Published());
        foreach (var program in programs) AddProgram(Tool.Find(program));
        AddLoadedLibraries();
        Archive = Pack();
    }

    public GuestKernel Kernel { get; }
    public string Archive { get; }

    public void Dispose() => _folder.Dispose();

    /// <summary>The executable as users get it; published anew where a source is newer.</summary>
    private static string Published()
    {
        Tool.Must(Path.Combine(GuestPaths.Repository, "scripts", "rescuekit"), "--version");
        return Path.Combine(GuestPaths.Repository, "artifacts", "publish", "RescueKit.Cli", "release", "rescuekit");
    }

    private void AddModules(IEnumerable<string> names)
    {
        var order = new List<string>();
        foreach (var (file, options) in Kernel.Modules(names))
        {
            var inside = "modules/" + Path.GetFileName(file);
            Copy(file, inside);
            order.Add($"/{inside} {options}");
        }
        File.WriteAllText(Path.Combine(_root, "modules", "order"), string.Join('\n', order) + "\n");
    }

    private void AddProgram(string path)
    {
        Copy(path, "sbin/" + Path.GetFileName(path));
        foreach (var line in Tool.Must("ldd", path).Output.Split('\n'))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault(word => word.StartsWith('/')) is { } library)
                Copy(library, library.TrimStart('/'));
        }
    }

    private void AddLoadedLibraries()
    {
        var known = Tool.Must("ldconfig", "-p").Output.Split('\n');
        foreach (var name in s_loadedLibraries)
        {
            var line = known.FirstOrDefault(line => line.TrimStart().StartsWith(name + " ", StringComparison.Ordinal) && line.Contains("x86-64", StringComparison.Ordinal))
                ?? throw new ToolFailedException($"{name} is not installed; scripts/setup installs what the tests need");
            var library = line.Split("=> ")[1].Trim();
            Copy(library, library.TrimStart('/'));
        }
    }

    private void Copy(string from, string inside)
    {
        var to = Path.Combine(_root, inside);
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to, overwrite: true);
    }

    /// <summary>Not compressed: an emulated processor would take longer to unpack it than to copy it.</summary>
    private string Pack()
    {
        var archive = _folder.File("initramfs");
        var names = Directory.EnumerateFileSystemEntries(_root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_root, path));
        Tool.Must(new ToolRequest("cpio", ["--create", "--format=newc", "--quiet", "--file=" + archive])
        {
            WorkingFolder = _root,
            Input = string.Join('\n', names.Order(StringComparer.Ordinal)) + "\n",
        });
        Directory.Delete(_root, recursive: true);
        return archive;
    }
}
