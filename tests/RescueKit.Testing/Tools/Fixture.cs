using System.IO.Compression;
using RescueKit.Testing.Fakes;

namespace RescueKit.Testing.Tools;

/// <summary>Files of tests/Fixtures, whose README states the verdict on each.</summary>
public static class Fixture
{
    /// <summary>A packed volume or disk, unpacked into memory.</summary>
    public static MemoryDisk Open(string name)
    {
        using var unpacked = new MemoryStream();
        using (var packed = new GZipStream(File.OpenRead(FullPath(name)), CompressionMode.Decompress)) packed.CopyTo(unpacked);
        return MemoryDisk.FromBytes(unpacked.GetBuffer().AsSpan(0, (int)unpacked.Length));
    }

    public static string FullPath(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RescueKit.sln"))) folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? throw new InvalidOperationException("the tests must run from inside the repository"), "tests", "Fixtures", name);
    }
}
