using System.Buffers.Binary;
using System.Text;
using RescueKit.Disks.Inventory;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.Inventory;

/// <summary>A tree like /sys, /proc, /run and /dev, with the links that the kernel makes, in a folder.</summary>
internal sealed class MadeUpMachine : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _folders = [];
    private readonly StringBuilder _mounts = new();
    private readonly StringBuilder _swaps = new("Filename\tType\tSize\tUsed\tPriority\n");
    private int _minor;

    /// <summary>Adds a disk at a device path such as "pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0" ("" for virtual ones).</summary>
    public MadeUpMachine Disk(string name, string device, long bytes, params (string File, string Content)[] files)
    {
        var folder = device.Length == 0 ? $"/sys/devices/virtual/block/{name}" : $"/sys/devices/{device}/block/{name}";
        _folders[name] = folder;
        AddNode(folder, bytes);
        Link($"/sys/block/{name}", folder);
        if (device.Length > 0) Link($"{folder}/device", $"/sys/devices/{device}");
        foreach (var (file, content) in files) File($"{folder}/{file}", content);
        return this;
    }

    public MadeUpMachine Partition(string disk, string name, int number, long bytes)
    {
        var folder = _folders[name] = $"{_folders[disk]}/{name}";
        AddNode(folder, bytes);
        return File($"{folder}/partition", $"{number}\n");
    }

    /// <summary>Puts one device on top of others.</summary>
    public MadeUpMachine Stack(string upper, params string[] lower)
    {
        foreach (var name in lower)
        {
            Link($"{_folders[name]}/holders/{upper}", _folders[upper]);
            Link($"{_folders[upper]}/slaves/{name}", _folders[name]);
        }
        return this;
    }

    public MadeUpMachine Mount(string device, string point, string type = "ext4", string? number = null, string options = "rw")
    {
        number ??= NumberOf(device);
        _mounts.Append($"30 1 {number} / {point} rw,relatime shared:1 - {type} {(device.StartsWith('/') ? device : "/dev/" + device)} {options}\n");
        return this;
    }

    public MadeUpMachine Swap(string device)
    {
        _swaps.Append($"/dev/{device}\tpartition\t1000\t0\t-2\n");
        return this;
    }

    public MadeUpMachine File(string path, string content) => File(path, Encoding.UTF8.GetBytes(content));

    public MadeUpMachine File(string path, byte[] content)
    {
        var full = _folder.File(path.TrimStart('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        System.IO.File.WriteAllBytes(full, content);
        return this;
    }

    public MadeUpMachine Link(string path, string target)
    {
        var full = _folder.File(path.TrimStart('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        System.IO.File.CreateSymbolicLink(full, Path.GetRelativePath(Path.GetDirectoryName(full)!, _folder.File(target.TrimStart('/'))));
        return this;
    }

    public string FolderOf(string name) => _folders[name];

    /// <summary>Its device number.</summary>
    public string NumberOf(string name) => System.IO.File.ReadAllText(_folder.File($"{_folders[name]}/dev".TrimStart('/'))).Trim();

    public Machine Look() => new(Root());

    public SystemRoot Root()
    {
        File("/proc/self/mountinfo", _mounts.ToString());
        File("/proc/swaps", _swaps.ToString());
        return new SystemRoot(_folder.FullPath);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A vital product data page with its header.</summary>
    public static byte[] Page(byte code, byte[] body)
    {
        var page = new byte[4 + body.Length];
        page[1] = code;
        BinaryPrimitives.WriteUInt16BigEndian(page.AsSpan(2), (ushort)body.Length);
        body.CopyTo(page, 4);
        return page;
    }

    private void AddNode(string folder, long bytes)
    {
        File($"{folder}/dev", $"8:{_minor++}\n");
        File($"{folder}/size", $"{bytes / 512}\n");
        File($"{folder}/ro", "0\n");
    }
}
