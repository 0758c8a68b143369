using System.Globalization;
using RescueKit.Agent.Tools;
using RescueKit.Disks;
using RescueKit.Model;

namespace RescueKit.Agent.Containers;

/// <summary>A partition that is to be opened.</summary>
/// <param name="Number">0 for a disk without a table.</param>
/// <param name="Keys">Passphrases, or the content of a key file, to be tried in turn; asked for when it is their time.</param>
public sealed record LockedPartition(int Number, Func<IReadOnlyList<ReadOnlyMemory<byte>>> Keys);

/// <summary>
/// Opens LUKS partitions by the kernel's own dm-crypt, read-only, over loop devices that are read-only too; a run may hold the disk itself meanwhile. Both vanish by
/// themselves with the last who has the content open, so that a program that dies leaves none open. Needs root. Where a sector of the content lies on the partition is
/// what the mapping's table says; more than one line of it (a re-encryption under way), or sectors with authentication tags between them, are refused. Source: Linux, Documentation/admin-guide/device-mapper/dm-crypt.rst.
/// </summary>
/// <param name="open">Opens a node; tests have none.</param>
public sealed class LuksUnlocker(IToolRunner tools, string disk, IReadOnlyList<LockedPartition> partitions, Func<string, IBlockSource>? open = null) : IUnlocker
{
    private const int Sector = 512;
    private const string SectorSize = "sector_size:";

    /// <summary>A process may have partitions of several disks open.</summary>
    private static int s_opened;

    private readonly List<IBlockSource> _contents = [];

    public IReadOnlyCollection<int> Partitions { get; } = [.. partitions.Select(partition => partition.Number)];

    public UnlockedVolume Open(int partition, Extent place)
    {
        var what = partition == 0 ? disk : $"partition {partition} of {disk}";
        var keys = partitions.First(wanted => wanted.Number == partition).Keys();
        var name = $"rescuekit-unlocked-{Text(Environment.ProcessId)}-{Text(Interlocked.Increment(ref s_opened))}";
        var loop = tools.Must($"opening {what}", new ToolCall("losetup", "--find", "--show", "--read-only",
            "--offset", Text(place.Offset), "--sizelimit", Text(place.Length), disk), "--unlock needs root and loop devices").Trim();
        try
        {
            if (!keys.Any(key => Cryptsetup.Open(tools, loop, name, key, what))) throw Cryptsetup.WrongPassphrase(what);
        }
        finally
        {
            tools.Must($"letting go of {loop}", new ToolCall("losetup", "--detach", loop));
        }
        try
        {
            var (offset, sectorSize) = Placed(tools.Must($"looking at how {what} is enciphered", new ToolCall("dmsetup", "table", name)), what);
            _contents.Add((open ?? (node => BlockDevices.OpenSource(node, exclusive: false)))("/dev/mapper/" + name));
            return new UnlockedVolume(_contents[^1], offset, sectorSize);
        }
        finally
        {
            tools.Must($"closing {what}", new ToolCall("cryptsetup", "close", "--deferred", name));
        }
    }

    public void Dispose()
    {
        foreach (var content in _contents) content.Dispose();
    }

    /// <param name="table">"0 LENGTH crypt CIPHER KEY IV_OFFSET DEVICE OFFSET [N OPTION…]", in units of 512 bytes.</param>
    private static (long Offset, int SectorSize) Placed(string table, string what)
    {
        var words = table.Trim().Split(' ');
        if (table.Trim().Contains('\n', StringComparison.Ordinal) || words is not ["0", _, "crypt", _, _, _, _, var start, .. var options]
            || options.Any(option => option.StartsWith("integrity", StringComparison.Ordinal)) || !long.TryParse(start, CultureInfo.InvariantCulture, out var offset))
        {
            throw new DeviceException(
                $"{what} is enciphered in a way that does not tell where a block of its content lies (with authentication, or half re-encrypted)", "leave --unlock out: it is taken whole");
        }
        var size = options.FirstOrDefault(option => option.StartsWith(SectorSize, StringComparison.Ordinal)) is { } given
            ? int.Parse(given[SectorSize.Length..], CultureInfo.InvariantCulture)
            : Sector;
        return (offset * Sector, size);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
