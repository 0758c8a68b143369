using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests.Stamps;

/// <summary>An ext4 file system in a file, read without mounting it.</summary>
internal sealed record StampVolume(string Path)
{
    public byte[] File(string name)
    {
        var copy = Path + "-file";
        Dump(Path, name, copy);
        return System.IO.File.ReadAllBytes(copy);
    }

    public static void Dump(string fileSystem, string name, string to)
    {
        System.IO.File.Delete(to);
        // debugfs ends with 0 whatever happens.
        var said = Tool.Must("debugfs", "-R", $"dump {name} {to}", fileSystem);
        if (!System.IO.File.Exists(to)) throw new ToolFailedException(said.Everything);
    }
}
