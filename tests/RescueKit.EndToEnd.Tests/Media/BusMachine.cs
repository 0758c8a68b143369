using System.Text.Json;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>
/// The rescue environment on a machine with a full and a blank disk on each bus, and a pair with sectors of 4096 bytes. A full disk holds
/// four file systems, in another order on each. Two more disks are places: one with images, one that is nearly full; one is to spare. The
/// kernel command line names a run that makes no sense.
/// </summary>
public sealed class BusMachine : IDisposable
{
    private const int MiB = 1 << 20;
    private const int DiskMebibytes = BusVolumes.Count * BusVolumes.Mebibytes + 2;
    private const int BlankMebibytes = DiskMebibytes + 40;

    private static readonly (string Name, GuestBus Bus, int SectorSize)[] s_buses =
    [
        ("virtio", GuestBus.Virtio, 512), ("sata", GuestBus.Sata, 512), ("nvme", GuestBus.Nvme, 512), ("usb", GuestBus.Usb, 512),
        ("native4k", GuestBus.Nvme, 4096),
    ];

    private readonly TempFolder _folder = new();
    private readonly Dictionary<int, BusVolumes> _volumes = [];
    private readonly Lazy<MediaGuest> _guest;
    private readonly Lazy<JsonElement> _disks;

    public BusMachine(MediaImage media)
    {
        _guest = new(() => new MediaGuest(media, MakeDisks(), "rescuekit.run=\"image create 'never closed\" rescuekit.then=stay"));
        _disks = new(() => Guest.Json("rescuekit disk list --json").GetProperty("disks"));
    }

    internal MediaGuest Guest => _guest.Value;

    /// <summary>The file behind a disk: full-BUS, blank-BUS, images, nearly-full, spare.</summary>
    public string File(string disk) => _folder.File(disk);

    /// <summary>The node that a disk has there, and the id that confirms writing over it.</summary>
    public (string Path, string ConfirmId) Find(string disk)
    {
        var found = _disks.Value.EnumerateArray().Single(entry => entry.GetProperty("serial").GetString() == SerialOf(disk));
        return (found.GetProperty("path").GetString()!, found.GetProperty("confirm_id").GetString()!);
    }

    /// <summary>Everything on a disk that the full disk of <paramref name="bus"/> was restored onto is sound and as it was.</summary>
    public void Prove(string disk, string bus)
    {
        var index = Array.FindIndex(s_buses, one => one.Name == bus);
        var volumes = _volumes[s_buses[index].SectorSize];
        for (var number = 0; number < BusVolumes.Count; number++)
        {
            var copy = _folder.File($"{disk}-{number}");
            Tool.Must("dd", $"if={File(disk)}", $"of={copy}", "bs=1M", $"skip={StartOf(number)}", $"count={BusVolumes.Mebibytes}", "conv=sparse", "status=none");
            volumes.Prove(KindAt(number, index), copy);
        }
    }

    public void Dispose()
    {
        if (_guest.IsValueCreated) Guest.Dispose();
        _folder.Dispose();
    }

    private static string SerialOf(string disk) => disk.ToUpperInvariant();

    /// <summary>In MiB.</summary>
    private static int StartOf(int number) => 1 + number * BusVolumes.Mebibytes;

    private static int KindAt(int number, int bus) => (number + bus) % BusVolumes.Count;

    private List<GuestDisk> MakeDisks()
    {
        MakePlaces();
        List<GuestDisk> disks = [Disk("images", GuestBus.Virtio), Disk("nearly-full", GuestBus.Virtio), Disk("spare", GuestBus.Virtio)];
        foreach (var (index, (name, bus, sectorSize)) in s_buses.Index())
        {
            if (!TestScale.IsWide && name is "sata" or "native4k") continue; // no test of the core tier needs them
            Fill(File("full-" + name), index, sectorSize);
            SparseFile.Create(File("blank-" + name), (long)BlankMebibytes * MiB);
            disks.Add(Disk("full-" + name, bus) with { SectorSize = sectorSize });
            disks.Add(Disk("blank-" + name, bus) with { SectorSize = sectorSize, Port = 1 });
        }
        return disks;
    }

    private GuestDisk Disk(string name, GuestBus bus) => new(name, File(name), bus) { Serial = SerialOf(name) };

    private void Fill(string disk, int bus, int sectorSize)
    {
        if (!_volumes.TryGetValue(sectorSize, out var volumes)) _volumes.Add(sectorSize, volumes = new BusVolumes(_folder, sectorSize));
        SparseFile.Create(disk, (long)DiskMebibytes * MiB);
        var sectors = MiB / sectorSize;
        using (var loop = new LoopDevice(disk, sectorSize, partitioned: false))
        {
            Tool.Must("sgdisk", [.. Enumerable.Range(0, BusVolumes.Count).Select(number =>
                $"--new={number + 1}:{StartOf(number) * sectors}:{StartOf(number + 1) * sectors - 1}"), loop.Path]);
        }
        for (var number = 0; number < BusVolumes.Count; number++)
            Tool.Must("dd", $"if={volumes.Files[KindAt(number, bus)]}", $"of={disk}", "bs=1M", $"seek={StartOf(number)}", "conv=notrunc,sparse", "status=none");
    }

    /// <summary>One with images of a small disk: a good one, a damaged one, an encrypted one. The other has no room for an image of a full disk.</summary>
    private void MakePlaces()
    {
        var files = _folder.Folder("images-files");
        var disk = MatrixDisk.OfRandomBytes(_folder.File("small"), 4 * MiB, seed: 1);
        var passphrase = _folder.File("passphrase");
        System.IO.File.WriteAllText(passphrase, "open sesame");
        MatrixProgram.Must("image", "create", disk, Path.Combine(files, "good.rki"));
        MatrixProgram.Must("image", "create", disk, Path.Combine(files, "secret.rki"), "--encrypt", "--passphrase-file", passphrase);
        var damaged = System.IO.File.ReadAllBytes(Path.Combine(files, "good.rki"));
        damaged.AsSpan(damaged.Length / 2, 4096).Clear();
        System.IO.File.WriteAllBytes(Path.Combine(files, "damaged.rki"), damaged);
        SparseFile.Create(File("images"), 64 * MiB);
        Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-L", "IMAGES", "-d", files, File("images"));
        SparseFile.Create(File("spare"), 64 * MiB);
        SparseFile.Create(File("nearly-full"), 16 * MiB);
        Tool.Must("mkfs.exfat", "-L", "NEARLYFULL", File("nearly-full"));
    }
}
