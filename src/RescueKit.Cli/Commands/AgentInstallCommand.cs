using System.CommandLine;
using RescueKit.Agent.Install;
using RescueKit.Agent.Tools;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Session;
using RescueKit.Disks;
using RescueKit.Disks.Inventory;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Cli.Commands;

/// <summary>The boot hook, by which mounted partitions can be frozen.</summary>
internal static class AgentInstallCommand
{
    private const string Remaking = "Making the initramfs anew; this can take a minute or more.";

    public static IEnumerable<Command> Build(CliHost host) => [BuildInstall(host), BuildUninstall(host)];

    private static ExampleCommand BuildInstall(CliHost host)
    {
        var disks = new Argument<string[]>("DISK") { Description = "Whole disks [default: all fixed disks that this system uses]", Arity = ArgumentArity.ZeroOrMore };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only look whether it can be done" };
        var json = CommonOptions.Json();
        var command = new ExampleCommand("install",
            "Have this system's disks ready for image create --hot: from the next start on their partitions are used through an idle mapping (initramfs-tools, udev). "
            + "'rescuekit.nomap' on the kernel's command line starts without",
            "rescuekit agent install", "rescuekit agent install /dev/sda --dry-run")
        {
            disks, dryRun,
        };
        command.SetAction(parse => host.Guard(parse, json, () => Install(host, parse.GetValue(disks) ?? [], parse.GetValue(dryRun))));
        return command;
    }

    private static ExampleCommand BuildUninstall(CliHost host)
    {
        var json = CommonOptions.Json();
        var command = new ExampleCommand("uninstall", "Take the boot hook away again: from the next start on partitions are used as they are", "rescuekit agent uninstall");
        command.SetAction(parse => host.Guard(parse, json, () =>
        {
            MustBeRoot();
            var hook = Hook();
            if (hook.IsInstalled) host.Terminal.Error.WriteLine(Remaking);
            host.Interruption.BeginRun();
            host.Terminal.Out.WriteLine(hook.Uninstall() ? "Uninstalled; what is mapped stays so until the system is restarted." : "It was not installed.");
            return ExitCodes.Done;
        }));
        return command;
    }

    private static int Install(CliHost host, string[] wanted, bool isDry)
    {
        MustBeRoot();
        var all = DiskInventory.List().Where(disk => disk.Geometry.Identity.Kind == "disk").ToList();
        string[] chosen = wanted.Length > 0 ? wanted : [.. all.Where(disk => !disk.Removable && (disk.IsSystemDisk || disk.Uses.Count > 0)).Select(disk => disk.Path)];
        if (chosen.Length == 0) throw new UsageException("this system uses no fixed disk", "name one: rescuekit disk list shows them");
        var hook = Hook();
        var live = chosen.Select(LiveDisk.Read).ToList();
        var planned = new List<HookedDisk>();
        foreach (var disk in live)
        {
            try
            {
                planned.Add(hook.Plan(disk, [.. all.Select(other => other.Path).Where(other => other != disk.Path)]));
            }
            catch (SafetyException e) when (wanted.Length == 0 && live.Count > 1)
            {
                host.Terminal.Out.WriteLine($"Left as it is: {e.Message}");
            }
        }
        if (planned.Count == 0) throw new SafetyException("none of this system's disks can be mapped", "name one, and see why not");
        var known = hook.Ids;
        if (isDry || (planned.All(disk => known.Contains(disk.TableId)) && hook.IsComplete))
        {
            foreach (var disk in planned) host.Terminal.Out.WriteLine(known.Contains(disk.TableId) ? $"{disk.Path}: installed already." : $"{disk.Path}: can be mapped.");
            return ExitCodes.Done;
        }
        host.Terminal.Error.WriteLine(Remaking);
        hook.Install(planned, host.Interruption.BeginRun());
        foreach (var disk in live.Where(disk => planned.Any(other => other.Path == disk.Path))) host.Terminal.Out.WriteLine($"{disk.Path}: its {disk.Partitions.Count} partitions are used through mappings from the next start on.");
        host.Terminal.Out.WriteLine("Restart when it suits; nothing has changed in the running system. Without the mappings: 'rescuekit.nomap' on the kernel's command line, or 'rescuekit agent uninstall'.");
        return ExitCodes.Done;
    }

    private static BootHook Hook() => new(new ToolRunner(), new SystemRoot());

    private static void MustBeRoot()
    {
        if (!Environment.IsPrivilegedProcess) throw new DeviceException("the boot hook is for root to install", "run it with sudo");
    }
}
