using System.CommandLine;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Ids;
using RescueKit.Agent.Tools;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Engine.Sizes;

namespace RescueKit.Cli.Commands;

internal sealed class CloneCommand
{
    private readonly Argument<string> _source = new("SOURCE") { Description = "The disk to copy: a block device or a raw image file; it is only read" };
    private readonly Argument<string> _target = new("TARGET") { Description = "The disk to write over; a file that does not exist yet is made" };
    private readonly Option<bool> _verify = new("--verify") { Description = "Read everything written back from the disk and compare its digests" };
    private readonly Option<bool> _allBlocks = CommonOptions.AllBlocks();
    private readonly Option<BadSectorPolicy> _onBadSector = CommonOptions.OnBadSector();
    private readonly Option<TimeSpan?> _badSectorTime = CommonOptions.BadSectorTime();
    private readonly Option<UncleanPolicy> _unclean = CommonOptions.Unclean();
    private readonly Option<bool> _excludeWindowsSwap = CommonOptions.ExcludeWindowsSwap();
    private readonly Option<(int Number, string? File)[]?> _unlock = UnlockOption.Make();
    private readonly Option<FreePolicy> _free = CommonOptions.Free();
    private readonly Option<GrowRequest?> _grow = CommonOptions.Grow();
    private readonly Option<bool> _newIds = CommonOptions.NewIds();
    private readonly Option<bool> _shrink = CommonOptions.Shrink();
    private readonly Option<string?> _scratch = CommonOptions.ShrinkScratch();
    private readonly Option<bool> _hot = HotOptions.Hot();
    private readonly Option<string?> _store = HotOptions.Store();
    private readonly WriterOptions _writers = new();
    private readonly Option<string?> _confirm = CommonOptions.Confirm();
    private readonly Option<bool> _dryRun = CommonOptions.DryRun();
    private readonly Option<string?> _receipt = CommonOptions.Receipt();
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Build(CliHost host)
    {
        var c = new CloneCommand();
        var command = new ExampleCommand("clone", "Copy a disk straight onto another one; prints the plan and asks for the disk's id first",
            "rescuekit clone /dev/sda /dev/sdb --dry-run",
            "rescuekit clone /dev/sda /dev/sdb --confirm Y7K2P --verify",
            "rescuekit clone disk.raw copy.raw",
            "rescuekit clone /dev/sda /dev/sdb --new-ids --confirm Y7K2P",
            "rescuekit clone /dev/sda /dev/sdb --shrink --dry-run",
            "rescuekit clone --hot /dev/sda /dev/sdb --confirm Y7K2P")
        {
            c._source, c._target, c._verify, c._allBlocks, c._onBadSector, c._badSectorTime, c._unclean, c._excludeWindowsSwap, c._unlock, c._free, c._grow, c._newIds, c._shrink, c._scratch, c._hot, c._store, c._confirm,
            c._dryRun, c._receipt, c._quiet, c._json,
        };
        foreach (var option in c._writers.All) command.Options.Add(option);
        command.SetAction(parse => host.Guard(parse, c._json, () => c.Execute(host, parse)));
        return command;
    }

    private int Execute(CliHost host, ParseResult parse)
    {
        BadSectorRules.Check(parse.GetValue(_onBadSector), parse.GetValue(_badSectorTime));
        var notes = new List<string>();
        var request = new CloneRequest(parse.GetRequiredValue(_source), parse.GetRequiredValue(_target))
        {
            AllBlocks = parse.GetValue(_allBlocks),
            OnBadSector = parse.GetValue(_onBadSector),
            BadSectorTime = parse.GetValue(_badSectorTime),
            Unclean = parse.GetValue(_unclean),
            ExcludeWindowsSwap = parse.GetValue(_excludeWindowsSwap),
            Unlock = UnlockOption.Read(parse, _unlock, parse.GetRequiredValue(_source), host),
            Free = parse.GetValue(_free),
            Grow = parse.GetValue(_grow),
            Shrink = CommonOptions.Shrinking(parse, _shrink, _scratch),
            NewIds = parse.GetValue(_newIds) ? new DiskIdRenewer(new ToolRunner()) : null,
            Verify = parse.GetValue(_verify),
            Writers = _writers.Read(parse, parse.GetValue(_hot), parse.GetValue(_quiet) ? null : host.Terminal),
            Hot = HotOptions.Provider(parse, _hot, _store, parse.GetRequiredValue(_source), notes),
            Notes = notes,
        };
        var options = new RunOptions
        {
            Uses = [new RunUse(request.Source), new RunUse(request.Target)],
            Json = parse.GetValue(_json),
            Quiet = parse.GetValue(_quiet),
            DryRun = parse.GetValue(_dryRun),
            ShowPlan = true,
            Confirm = parse.GetValue(_confirm),
            ReceiptFile = parse.GetValue(_receipt),
            Help = CliHost.HelpFor(parse),
        };
        return host.Execute(options, () => request.Shrink is null ? Runs.Clone(request) : host.Prepare(cancel => Runs.Clone(request, cancel)));
    }
}
