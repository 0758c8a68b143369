using System.Globalization;
using System.Text;
using RescueKit.Agent.Places;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Disks.Inventory;
using RescueKit.Model;

namespace RescueKit.Agent.Containers;

/// <summary>
/// The commands that open containers so that nothing is written to their members, and close them again. All members are set read-only first:
/// that stops programs; drivers are stopped by how they are called. Sources: mdadm(8), lvchange(8), lvm.conf(5), cryptsetup(8).
/// </summary>
/// <param name="log">Takes what did not work and stops nothing.</param>
internal sealed class ContainerOpener(IToolRunner tools, SystemRoot root, Overlay overlay, Action<string> log)
{
    private const int HighestRaidNumber = 127;

    private readonly DeviceGuard _guard = new(tools);

    /// <returns>What closes it: one step after the other, from the top.</returns>
    /// <exception cref="RescueKitException">It cannot be opened; nothing is left behind.</exception>
    public Stack<Action> Open(FoundContainer found, Layers layers, string? passphrase)
    {
        var container = found.Container;
        var undo = new Stack<Action>();
        try
        {
            foreach (var member in container.Members) Guard(member, undo);
            switch (container.Kind)
            {
                case ContainerKind.Raid: Assemble(container, layers, undo); break;
                case ContainerKind.Lvm: Activate(found, undo); break;
                default: Decrypt(container, layers, passphrase, undo); break;
            }
            return undo;
        }
        catch
        {
            while (undo.TryPop(out var step)) Quietly(step);
            throw;
        }
    }

    /// <summary>Steps that have been done are gone from the stack: after a failure it can be tried again.</summary>
    /// <exception cref="DeviceException">Something still uses it.</exception>
    public static void Close(Stack<Action> steps)
    {
        while (steps.TryPeek(out var step))
        {
            step();
            steps.Pop();
        }
    }

    private void Guard(string member, Stack<Action> undo)
    {
        // What was unplugged meanwhile cannot be given back, and keeps nothing from being closed.
        if (_guard.Set(member, readOnly: true) is { } release) undo.Push(() => Quietly(release));
    }

    private void Assemble(Container container, Layers layers, Stack<Action> undo)
    {
        var members = container.Members.Select(member => overlay.Make(member, layers.At(member)!.Length, undo)).ToList();
        var node = FreeRaidNode(layers);
        // Also after a failure: an array that was not started holds its members.
        undo.Push(() =>
        {
            if (root.Exists($"/sys/block/{Path.GetFileName(node)}/md/array_state")) Stop(node);
        });
        tools.Must($"assembling {FoundContainer.Describe(container)}",
            new ToolCall("mdadm", ["--assemble", "--config=none", "--readonly", "--run", node, .. members]), "look whether all its disks are plugged in");
        undo.Pop();
        undo.Push(() => Stop(node));
    }

    private void Stop(string node) => tools.LetGo($"stopping {node}", new ToolCall("mdadm", "--stop", node));

    private string FreeRaidNode(Layers layers)
    {
        for (var number = HighestRaidNumber; number >= 0; number--)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"md{number}");
            if (layers.At("/dev/" + name) is null && !root.Exists($"/sys/block/{name}")) return "/dev/" + name;
        }
        throw new DeviceException("all names for RAID arrays are taken", "stop one with mdadm --stop");
    }

    /// <summary>One volume after the other: one that cannot be had must not cost the others.</summary>
    private void Activate(FoundContainer found, Stack<Action> undo)
    {
        var container = found.Container;
        var config = Config(found);
        undo.Push(() => tools.LetGo($"closing {FoundContainer.Describe(container)}", new ToolCall("lvm", "vgchange", "-an", "--config", config, container.Name)));
        DeviceException? failure = null;
        var opened = 0;
        foreach (var volume in container.Volumes.Where(volume => volume.Problem is null))
        {
            try
            {
                tools.Must($"opening {container.Name}/{volume.Name}", new ToolCall("lvm", "lvchange", "--activate", "y", "--activationmode", "complete",
                    "--yes", "--ignoreactivationskip", "--poll", "n", "--config", config, $"{container.Name}/{volume.Name}"), "look whether all its disks are plugged in");
                if (found.Thin.Contains(volume.Name)) _guard.Set(LvmFinder.NodeOf(container.Name, volume.Name), readOnly: true);
                opened++;
            }
            catch (DeviceException e)
            {
                log(e.Message);
                failure ??= e;
            }
        }
        if (opened == 0) throw failure ?? new DeviceException($"{FoundContainer.Describe(container)} has no volume that can be opened read-only", "its volumes say why");
    }

    /// <summary>
    /// Volumes read-only, metadata untouched, and nothing going on in the background. Thin ones are set read-only when they are there: with such
    /// a table their driver would not take them. It writes nothing while they are only read (drivers/md/dm-thin-metadata.c, pmd->in_service).
    /// </summary>
    private static string Config(FoundContainer found)
    {
        var group = found.Container;
        var volumes = string.Join(", ", group.Volumes.Where(volume => !found.Thin.Contains(volume.Name)).Select(volume => $"\"{group.Name}/{volume.Name}\""));
        return $"{LvmFinder.AllDevices} global {{ metadata_read_only=1 use_lvmpolld=0 }} activation {{ read_only_volume_list=[{volumes}] monitoring=0 }} backup {{ backup=0 archive=0 }}";
    }

    private void Decrypt(Container container, Layers layers, string? passphrase, Stack<Action> undo)
    {
        if (string.IsNullOrEmpty(passphrase)) throw new UsageException($"{FoundContainer.Describe(container)} opens with its passphrase only", "give it");
        var name = NameOf(container, layers);
        var what = $"{FoundContainer.Describe(container)} ({container.Members[0]})";
        if (!Cryptsetup.Open(tools, container.Members[0], name, Encoding.UTF8.GetBytes(passphrase), what)) throw Cryptsetup.WrongPassphrase(what);
        undo.Push(() => Cryptsetup.Close(tools, name, what));
    }

    /// <summary>A disk and its clone can be open side by side.</summary>
    private static string NameOf(Container container, Layers layers)
    {
        var name = $"luks-{container.Id[..Math.Min(8, container.Id.Length)].Trim('/').Replace('/', '-')}";
        return layers.At("/dev/mapper/" + name) is null ? name : $"{name}-{Path.GetFileName(container.Members[0])}";
    }

    private void Quietly(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e) when (e is RescueKitException or IOException)
        {
            log(e.Message);
        }
    }
}
