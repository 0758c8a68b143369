using RescueKit.Agent.Hosting;
using RescueKit.Agent.Machine;
using RescueKit.Agent.Protocol;
using RescueKit.Model;

namespace RescueKit.Agent.Unattended;

/// <summary>Attaches the places that the words of a run name, and puts the paths of their files into the words.</summary>
/// <param name="patience">How long a disk that has not shown up yet is waited for.</param>
/// <param name="tell">Is told what is waited for.</param>
public sealed class PlacedWords(IRunHost host, TimeProvider clock, TimeSpan patience, Action<string> tell)
{
    private const string Devices = "/dev/";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Disks among the words are waited for, too: right after the start of a machine some are not there yet.</summary>
    /// <exception cref="RescueKitException">A word names no place, or one that does not exist.</exception>
    /// <exception cref="HostException">It cannot be attached.</exception>
    public async Task<IReadOnlyList<string>> ResolveAsync(IReadOnlyList<string> words, CancellationToken cancel)
    {
        var creates = words is ["image", "create", ..];
        var resolved = new List<string>();
        foreach (var word in words)
        {
            var writable = creates && resolved is not [.., "--passphrase-file"];
            if (word.StartsWith(Devices, StringComparison.Ordinal)) await AwaitAsync(word, cancel).ConfigureAwait(false);
            resolved.Add(PlacedPath.Parse(word) is { } placed ? await AttachAsync(placed, writable, cancel).ConfigureAwait(false) : word);
        }
        return resolved;
    }

    /// <summary>Gives up silently: what the run makes of the name is said better there.</summary>
    private async Task AwaitAsync(string device, CancellationToken cancel)
    {
        if (Path.Exists(device)) return;
        tell($"waiting for {device}");
        for (var began = clock.GetTimestamp(); !Path.Exists(device) && clock.GetElapsedTime(began) <= patience;)
            await Task.Delay(Interval, clock, cancel).ConfigureAwait(false);
    }

    private async Task<string> AttachAsync(PlacedPath placed, bool writable, CancellationToken cancel)
    {
        if (placed is OnShare share)
        {
            var mounted = await host.AttachAsync(share.Request with { Writable = writable }, cancel).ConfigureAwait(false);
            return Path.Combine(mounted.Path, share.Path);
        }
        var partition = (OnPartition)placed;
        var found = await FindAsync(partition, cancel).ConfigureAwait(false);
        var place = await host.AttachAsync(found with { Writable = writable || found.Kind == PlaceKind.Stick }, cancel).ConfigureAwait(false);
        return Path.Combine(place.Path, partition.Path);
    }

    private async Task<PlaceRequest> FindAsync(OnPartition wanted, CancellationToken cancel)
    {
        var isTold = false;
        for (var began = clock.GetTimestamp(); ;)
        {
            var found = await LookAsync(wanted, cancel).ConfigureAwait(false);
            if (found.Count == 1) return found[0];
            if (found.Count > 1)
            {
                throw new SafetyException($"several partitions are {wanted}: {string.Join(", ", found.Select(place => place.Address))}",
                    "name the one that is meant by its UUID, or unplug the others");
            }
            if (clock.GetElapsedTime(began) > patience) throw new DeviceException($"no partition is {wanted}", "plug its disk in, or look at the name: rescuekit disk list");
            if (!isTold) tell($"waiting for a partition {wanted}");
            isTold = true;
            await Task.Delay(Interval, clock, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>A label is a file system's or a GPT partition's name (exFAT has room for 11 characters). Of several sticks' partitions of that label, the stick that was booted from is meant.</summary>
    private async Task<IReadOnlyList<PlaceRequest>> LookAsync(OnPartition wanted, CancellationToken cancel)
    {
        var stick = (await host.GetMachineAsync(cancel).ConfigureAwait(false)).StickDisk;
        var disks = await host.GetDisksAsync(cancel).ConfigureAwait(false);
        var found = disks.SelectMany(disk => disk.Partitions.Where(partition => wanted.IsLabel
                ? partition.Label == wanted.Value || partition.Name == wanted.Value
                : string.Equals(partition.Uuid, wanted.Value, StringComparison.OrdinalIgnoreCase))
            .Select(partition => (disk.Path, Node: PartitionNodes.Of(disk.Path, partition.Number)))).ToList();
        if (wanted is { IsLabel: true, Value: MachineMarks.DataLabel } && found.Find(place => place.Path == stick) is { Node: { } data })
            return [new PlaceRequest { Kind = PlaceKind.Stick, Address = data }];
        return [.. found.Select(place => new PlaceRequest { Kind = PlaceKind.Partition, Address = place.Node })];
    }
}
