using RescueKit.Disks.Inventory;

namespace RescueKit.Agent.Install;

/// <summary>A file that the boot hook is made of; its content is inside the program.</summary>
/// <param name="Resource">Its name there.</param>
internal sealed record HookFile(string Path, string Resource, bool IsProgram)
{
    /// <exception cref="IOException">It cannot be written; what was there before is still there.</exception>
    public void Write(SystemRoot root)
    {
        using var stream = typeof(HookFile).Assembly.GetManifestResourceStream(Resource)!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        Write(root, Path, content.ToArray(), IsProgram);
    }

    /// <summary>A crash leaves the old file or the new one.</summary>
    public static void Write(SystemRoot root, string path, byte[] content, bool isProgram)
    {
        var full = root.PathOf(path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
        var other = full + ".new";
        try
        {
            using var file = new FileStream(other, FileMode.Create, FileAccess.Write);
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            File.Delete(other); // a full disk
            throw;
        }
        const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        File.SetUnixFileMode(other, isProgram ? ForAll | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : ForAll);
        File.Move(other, full, overwrite: true);
    }
}
