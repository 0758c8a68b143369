using System.Security.Cryptography;
using RescueKit.Disks;
using RescueKit.Disks.Stores;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Transfers;
using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests;

/// <summary>Puts runs together from fakes and files, the way <see cref="Runs"/> does from paths.</summary>
internal static class Bench
{
    public const string Image = "disk.rki";
    public const string Confirm = "TARGET";

    public static RunResources Resources { get; } = new() { Workers = 4 };

    public static BackupRequest BackupRequest { get; } = new("source", Image);
    public static RestoreRequest RestoreRequest { get; } = new(Image, "target");
    public static CloneRequest CloneRequest { get; } = new("source", "target");

    public static Receipt Backup(
        IBlockSource source, IImageStore store, BackupRequest? request = null, RunResources? resources = null,
        Dictionary<string, byte[]>? receipts = null, Action<RunProgress>? progress = null, CancellationToken cancel = default)
    {
        using var run = new BackupRun(
            source, store, Image, request ?? BackupRequest, resources ?? Resources, (name, json) => (receipts ?? [])[name] = json);
        return run.Execute(null, progress, cancel);
    }

    public static Receipt Restore(
        IImageStore store, IBlockTarget target, RestoreRequest? request = null, RunResources? resources = null, CancellationToken cancel = default)
    {
        using var run = PrepareRestore(store, target, request, resources);
        return run.Execute(Confirm, null, cancel);
    }

    public static RestoreRun PrepareRestore(IImageStore store, IBlockTarget target, RestoreRequest? request = null, RunResources? resources = null)
    {
        request ??= RestoreRequest;
        var image = ImageReader.Open(store, Image, request.Passphrase);
        try
        {
            return new RestoreRun(image, TargetAccess.Existing("target", target, Confirm), request, resources ?? Resources);
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    public static Receipt Clone(
        IBlockSource source, IBlockTarget target, CloneRequest? request = null, RunResources? resources = null, CancellationToken cancel = default)
    {
        using var run = new CloneRun(source, TargetAccess.Existing("target", target, Confirm), request ?? CloneRequest, resources ?? Resources);
        return run.Execute(Confirm, null, cancel);
    }

    /// <summary>A disk in memory with every byte random, as a used disk is.</summary>
    public static MemoryDisk RandomDisk(long length, int seed = 7)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return MemoryDisk.FromBytes(bytes);
    }

    public static MemoryStore TakeImage(byte[] disk, BackupRequest? request = null)
    {
        var store = new MemoryStore();
        Assert.Equal(0, Backup(MemoryDisk.FromBytes(disk), store, request).ExitCode);
        return store;
    }

    public static string Digest(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));

    public static FolderStore Folder(string path) => new(path);

    public static IBlockSource OpenFile(string path) => BlockDevices.OpenSource(path);
}
