using RescueKit.Testing.Disks;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests;

/// <summary>The real disks, made once for all tests of the project; tests must not change them.</summary>
public sealed class DiskFixture : IDisposable
{
    private readonly TempFolder _folder = new();

    public DiskFixture()
    {
        Gpt = RealDisk.Gpt(_folder.Folder("gpt"));
        Mbr = RealDisk.Mbr(_folder.Folder("mbr"));
        GptBytes = Gpt.ReadAll();
        MbrBytes = Mbr.ReadAll();
    }

    public RealDisk Gpt { get; }
    public RealDisk Mbr { get; }
    public byte[] GptBytes { get; }
    public byte[] MbrBytes { get; }

    public RealDisk Disk(string kind) => kind == "gpt" ? Gpt : Mbr;
    public byte[] Bytes(string kind) => kind == "gpt" ? GptBytes : MbrBytes;

    public void Dispose() => _folder.Dispose();
}

[CollectionDefinition("disks")]
public sealed class DiskCollection : ICollectionFixture<DiskFixture>;
