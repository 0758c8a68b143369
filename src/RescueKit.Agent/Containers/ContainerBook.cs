using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Disks;
using RescueKit.Model;

namespace RescueKit.Agent.Containers;

/// <summary>All containers of the machine, and those that were opened here. They are opened read-only, and when they are asked for.</summary>
/// <param name="mustBeFree">Refuses devices that a run uses.</param>
internal sealed class ContainerBook(IToolRunner tools, ContainerOpener opener, Action<IEnumerable<string>> mustBeFree, Action<string> log)
{
    private readonly Lock _lock = new();

    /// <summary>Held while one is opened or closed.</summary>
    private readonly Lock _changing = new();

    /// <summary>In the order in which they were opened: one inside another comes after it.</summary>
    private readonly List<Opened> _opened = [];

    private List<Opened> Ours
    {
        get
        {
            lock (_lock) return [.. _opened];
        }
    }

    /// <summary>By kind, those that are open inside others too. The disks are read for it.</summary>
    /// <exception cref="DeviceException">The tools are missing, or a disk does not answer.</exception>
    public IReadOnlyList<Container> List() => WithOurs([.. Find(Layers.Read(tools)).Select(found => found.Container)]);

    /// <param name="id">Its id; its name or the node of a member will do where no other one has it.</param>
    /// <exception cref="RescueKitException">It cannot be opened; nothing is left behind.</exception>
    public Container Open(string id, string? passphrase)
    {
        lock (_changing)
        {
            var layers = Layers.Read(tools);
            var all = Find(layers);
            var container = Pick([.. all.Select(found => found.Container)], id);
            var name = FoundContainer.Describe(container);
            if (container.IsOpen || Ours.Exists(opened => opened.Container.Id == container.Id)) throw new UsageException($"{name} is open already", "look at its volumes");
            if (!container.CanOpen) throw new DeviceException($"{name} cannot be opened: {container.Problem}");
            var disks = container.Members.SelectMany(member => DiskInventory.DisksBelow(member).Prepend(member)).Distinct().ToList();
            mustBeFree(disks);
            var steps = opener.Open(all.First(found => found.Container == container), layers, passphrase);
            lock (_lock) _opened.Add(new Opened(container with { IsOpen = true, IsOurs = true }, disks, steps));
            log($"opened {name} on {string.Join(", ", container.Members)}, read-only");
            return List().First(known => known.Id == container.Id);
        }
    }

    /// <exception cref="UsageException">It was not opened here.</exception>
    /// <exception cref="SafetyException">Something of it is in use.</exception>
    public void Close(string id)
    {
        lock (_changing)
        {
            var found = Find(Layers.Read(tools));
            var container = Pick(WithOurs([.. found.Select(one => one.Container)]), id);
            if (Ours.Find(one => one.Container.Id == container.Id) is not { } opened)
            {
                throw container.IsOpen
                    ? new UsageException($"{FoundContainer.Describe(container)} was not opened here", "close it where it was opened")
                    : new UsageException($"{FoundContainer.Describe(container)} is not open", "there is nothing to close");
            }
            MustBeUnused(found, container);
            Close(opened);
        }
    }

    /// <summary>Closes all, innermost first; what is in use stays.</summary>
    public void CloseAll()
    {
        lock (_changing)
        {
            foreach (var opened in Enumerable.Reverse(Ours))
            {
                try
                {
                    Close(opened);
                }
                catch (RescueKitException e)
                {
                    log(e.Message);
                }
            }
        }
    }

    /// <summary>Refuses disks, as sources and targets of runs, that a container which is open lies on.</summary>
    /// <exception cref="SafetyException">One of the paths is such a disk.</exception>
    public void MustNotHold(IEnumerable<string> paths)
    {
        foreach (var (path, opened) in from path in paths from opened in Ours select (path, opened))
        {
            if (!opened.Disks.Any(disk => DiskInventory.AreSame(disk, path))) continue;
            throw new SafetyException($"{path} is below {FoundContainer.Describe(opened.Container)}, which is open",
                $"close it first: in Places with o and c, or with 'rescuekit agent close {opened.Container.Id}'");
        }
    }

    private void Close(Opened opened)
    {
        ContainerOpener.Close(opened.Steps);
        lock (_lock) _opened.Remove(opened);
        log($"closed {FoundContainer.Describe(opened.Container)}");
    }

    private void MustBeUnused(IReadOnlyList<FoundContainer> found, Container container)
    {
        // One whose disks were pulled is not found any more; what still uses it is the kernel's to say.
        if (found.FirstOrDefault(one => one.Container.Id == container.Id) is not { } itself) return;
        var name = FoundContainer.Describe(container);
        var layers = itself.Layers.SelectMany(layer => layer.AllAbove.Prepend(layer)).ToList();
        var paths = layers.Select(layer => layer.Path).ToHashSet();
        if (found.FirstOrDefault(one => one.Container.IsOpen && one.Container.Members.Any(paths.Contains)) is { Container: var inner })
            throw new SafetyException($"{name} is in use: {FoundContainer.Describe(inner)} inside it is open", $"close {FoundContainer.Describe(inner)} first");
        if (layers.Find(layer => layer.MountedAt is not null) is { MountedAt: var point } mounted)
            throw new SafetyException($"{name} is in use: {mounted.Path} is mounted at {point}", "detach that place first (Places, d), or unmount it");
        mustBeFree(paths);
    }

    private List<FoundContainer> Find(Layers layers) => [.. RaidFinder.Find(layers, tools), .. LvmFinder.Find(layers, tools), .. LuksFinder.Find(layers)];

    /// <summary>What was opened here is told of also where its disks were pulled: it can still be closed.</summary>
    private IReadOnlyList<Container> WithOurs(IReadOnlyList<Container> found)
    {
        var ours = Ours.ToDictionary(opened => opened.Container.Id);
        return
        [
            .. found.Select(container => container.IsOpen && ours.ContainsKey(container.Id) ? container with { IsOurs = true } : container),
            .. ours.Values.Where(opened => found.All(container => container.Id != opened.Container.Id))
                .Select(opened => opened.Container with { CanOpen = false, Problem = "its disks are gone: close it" }),
        ];
    }

    private static Container Pick(IReadOnlyList<Container> containers, string id)
    {
        if (containers.FirstOrDefault(container => container.Id == id) is { } known) return known;
        var fitting = containers.Where(container => container.Name == id || container.Members.Contains(id)).ToList();
        return fitting switch
        {
            [var one] => one,
            [] => throw new UsageException($"there is no LVM, RAID or LUKS {id}", "look at the list of them: rescuekit agent containers"),
            _ => throw new UsageException($"{id} names several of them", "give an id: rescuekit agent containers shows them"),
        };
    }

    /// <param name="Disks">All that it lies on: members, and the disks below them.</param>
    private sealed record Opened(Container Container, IReadOnlyList<string> Disks, Stack<Action> Steps);
}
