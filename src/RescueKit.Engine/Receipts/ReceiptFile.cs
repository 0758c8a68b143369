using System.Text.Json;
using RescueKit.Disks;
using RescueKit.Disks.Stores;
using RescueKit.Engine.Safety;
using RescueKit.Model;

namespace RescueKit.Engine.Receipts;

/// <summary>
/// Writes receipts as files: whole or not at all, for their owner alone, and never over anything but an older receipt.
/// </summary>
public sealed class ReceiptFile : IDisposable
{
    /// <summary>A receipt with the most ranges that one lists is far below; what is larger is not read to see what it is.</summary>
    private const long LongestReceipt = 16 << 20;

    private readonly string _path;
    private readonly WholeFile _file;

    private ReceiptFile(string path, WholeFile file) => (_path, _file) = (path, file);

    /// <summary>Takes the place of a receipt before there is one to write.</summary>
    /// <param name="taken">Disks, files and images that the run reads or is going to make.</param>
    /// <exception cref="SafetyException">There is something of that name that is no receipt, or the run needs the name itself.</exception>
    /// <exception cref="DeviceException">It cannot be written there.</exception>
    public static ReceiptFile Prepare(string path, params IEnumerable<string> taken)
    {
        var real = DiskInventory.RealPath(path);
        foreach (var name in taken)
        {
            if (IsPartOf(DiskInventory.RealPath(name), real))
                throw new SafetyException($"{path} cannot hold the receipt: it belongs to {name}", "give the receipt another name");
        }
        RefuseOther(path);
        SafetyChecks.NotAmongDevices(path);
        return new ReceiptFile(path, WholeFile.Prepare(path));
    }

    /// <summary>Writes a receipt at once.</summary>
    /// <exception cref="RescueKitException">As <see cref="Prepare"/> and <see cref="Write(ReadOnlySpan{byte})"/>.</exception>
    public static void Write(string path, ReadOnlySpan<byte> json)
    {
        using var file = Prepare(path);
        file.Write(json);
    }

    /// <exception cref="SafetyException">Something else has come to bear the name meanwhile.</exception>
    /// <exception cref="DeviceException">It cannot be written.</exception>
    public void Write(ReadOnlySpan<byte> json)
    {
        RefuseOther(_path);
        _file.Commit(json);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The name itself, or one of an image's further parts (X.002, X.003, …), which may not exist yet.</summary>
    private static bool IsPartOf(string name, string path) =>
        path == name || (path.StartsWith(name + ".", StringComparison.Ordinal) && !path.AsSpan(name.Length + 1).ContainsAnyExceptInRange('0', '9'));

    private static void RefuseOther(string path)
    {
        if (!Path.Exists(path)) return;
        if (Directory.Exists(path)) throw new UsageException($"{path} is a folder; name a file for the receipt");
        if (!IsReceipt(path))
        {
            throw new SafetyException(
                $"{path} exists and is no receipt: it is not written over", "give the receipt another name, or move that file away first");
        }
    }

    private static bool IsReceipt(string path)
    {
        var info = DiskInventory.Describe(path);
        if (info.Geometry.Identity.Kind != "file" || info.Length > LongestReceipt) return false;
        if (info.Length == 0) return true;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ReceiptJsonContext.Default.Receipt) is not null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
