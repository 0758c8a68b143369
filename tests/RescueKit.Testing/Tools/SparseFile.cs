namespace RescueKit.Testing.Tools;

/// <summary>Files whose unwritten parts take no space.</summary>
public static class SparseFile
{
    public static string Create(string path, long length)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        file.SetLength(length);
        return path;
    }

    /// <summary>Copies with holes kept.</summary>
    public static string Copy(string from, string to)
    {
        Tool.Must("cp", "--sparse=always", from, to);
        return to;
    }

    /// <summary>Bytes that the file takes on its own file system.</summary>
    public static long AllocatedBytes(string path) => long.Parse(Tool.Must("stat", "-c", "%b", path).Output) * 512;
}
