using System.Globalization;
using RescueKit.Agent.Tools;

namespace RescueKit.Agent.Containers;

/// <summary>
/// A device that reads as another one and keeps in memory what is written to it. md needs it: it writes the superblock of an array's bitmap even
/// where the array is assembled read-only, and the kernel lets writes of its drivers to read-only devices pass. Source:
/// Linux, Documentation/admin-guide/device-mapper/snapshot.rst; drivers/md/md-bitmap.c (md_bitmap_load), block/blk-core.c (bio_check_ro).
/// </summary>
/// <param name="folder">In memory.</param>
internal sealed class Overlay(IToolRunner tools, string folder)
{
    private const string NamePrefix = "rescuekit-overlay-";
    private const string NodeFolder = "/dev/mapper/";

    /// <summary>By it the inventory of disks knows that the device is no disk.</summary>
    private const string IdPrefix = "RESCUEKIT-";

    /// <summary>Far more than a bitmap and superblocks take.</summary>
    private const long StoreBytes = 64 << 20;

    public static bool IsOne(string path) => path.StartsWith(NodeFolder + NamePrefix, StringComparison.Ordinal);

    /// <param name="undo">Takes what removes it again, one step after the other; to be done in reverse order, also where this fails.</param>
    /// <returns>Its node.</returns>
    public string Make(string device, long length, Stack<Action> undo)
    {
        var name = NamePrefix + Path.GetFileName(device);
        var store = Path.Combine(folder, name);
        Directory.CreateDirectory(folder);
        undo.Push(() => File.Delete(store));
        using (var file = File.Create(store)) file.SetLength(StoreBytes);
        var loop = tools.Must($"making room for what is written beside {device}", new ToolCall("losetup", "--find", "--show", store)).Trim();
        undo.Push(() => tools.Must($"letting go of {loop}", new ToolCall("losetup", "--detach", loop)));
        var table = string.Create(CultureInfo.InvariantCulture, $"0 {length / 512} snapshot {device} {loop} N 8");
        tools.Must($"laying an overlay over {device}", new ToolCall("dmsetup", "create", name, "--uuid", IdPrefix + name, "--table", table));
        undo.Push(() => tools.Must($"removing the overlay of {device}", new ToolCall("dmsetup", "remove", "--retry", name)));
        return NodeFolder + name;
    }
}
