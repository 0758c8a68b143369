using System.Text;
using RescueKit.Media.Tools;

namespace RescueKit.Media.Tree;

/// <summary>A folder that becomes the root of the rescue environment. Its bin, sbin and lib folders are those below usr, as in Debian.</summary>
internal sealed class SystemTree
{
    private static readonly string[] s_merged = ["bin", "sbin", "lib", "lib64"];
    private const UnixFileMode ReadableMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode RunnableMode = ReadableMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public SystemTree(string root)
    {
        Root = Directory.CreateDirectory(root).FullName;
        foreach (var name in s_merged)
        {
            Directory.CreateDirectory(Path.Combine(Root, "usr", name));
            File.CreateSymbolicLink(Path.Combine(Root, name), "usr/" + name);
        }
        foreach (var name in (string[])["dev", "proc", "sys", "run", "tmp", "mnt", "etc", "root", "var/lib"]) Directory.CreateDirectory(Path.Combine(Root, name));
    }

    public string Root { get; }

    /// <summary>Where a path inside lies on this machine.</summary>
    public string PathOf(string inside) => Path.Combine(Root, Merged(inside));

    public bool Has(string inside) => Path.Exists(PathOf(inside)) || new FileInfo(PathOf(inside)).LinkTarget is not null;

    /// <summary>Copies a file or symbolic link; folders above it are made.</summary>
    public void Add(string source, string inside)
    {
        var target = Place(inside);
        if (new FileInfo(source).LinkTarget is { } link) File.CreateSymbolicLink(target, link);
        else AddContent(source, target);
    }

    /// <summary>Copies what a file is, also through symbolic links.</summary>
    public void AddFile(string source, string inside) => AddContent(source, Place(inside));

    public void AddLink(string inside, string to) => File.CreateSymbolicLink(Place(inside), to);

    public void AddText(string inside, string text, bool isProgram = false) => AddBytes(inside, Encoding.UTF8.GetBytes(text), isProgram);

    public void AddBytes(string inside, byte[] content, bool isProgram = false)
    {
        var target = Place(inside);
        File.WriteAllBytes(target, content);
        File.SetUnixFileMode(target, isProgram ? RunnableMode : ReadableMode);
    }

    public void AddFolder(string source, string inside)
    {
        foreach (var file in FolderWalk.Files(source)) Add(Path.Combine(source, file), Path.Combine(inside, file));
    }

    /// <summary>Regular files, relative to the root, sorted.</summary>
    public IReadOnlyList<string> Files() => [.. FolderWalk.Files(Root).Where(file => new FileInfo(Path.Combine(Root, file)).LinkTarget is null)];

    private static string Merged(string inside) => s_merged.Contains(inside.Split('/')[0]) ? "usr/" + inside : inside;

    private string Place(string inside)
    {
        var target = PathOf(inside);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Delete(target);
        return target;
    }

    /// <summary>Modes do not depend on who builds: set-user-id bits and the like mean nothing where everybody is root.</summary>
    private static void AddContent(string source, string target)
    {
        File.Copy(source, target);
        var isProgram = (File.GetUnixFileMode(source) & UnixFileMode.UserExecute) != 0;
        File.SetUnixFileMode(target, isProgram ? RunnableMode : ReadableMode);
    }
}
