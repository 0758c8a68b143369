using System.CommandLine;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Ids;
using RescueKit.Agent.Tools;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Engine.Sizes;

namespace RescueKit.Cli.Commands;

internal sealed class ImageRestoreCommand
{
    private readonly Argument<string> _image = new("IMAGE") { Description = "An image (its first part)" };
    private readonly Argument<string> _target = new("TARGET") { Description = "The disk to write over; a file that does not exist yet is made" };

    private readonly Option<PartitionMapping[]?> _partitions = new("--partition")
    {
        HelpName = "N[:M]",
        Description = "Restore only the image's partition N, into the target's existing partition M (or N); may be given several times",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = CommonOptions.Each(PartitionText.ParseMapping),
    };

    private readonly Option<bool> _verify = new("--verify") { Description = "Read everything written back from the disk and compare its digests" };
    private readonly Option<FreePolicy> _free = CommonOptions.Free();
    private readonly Option<GrowRequest?> _grow = CommonOptions.Grow();
    private readonly Option<bool> _newIds = CommonOptions.NewIds();
    private readonly Option<bool> _shrink = CommonOptions.Shrink();
    private readonly Option<string?> _workFolder = CommonOptions.ShrinkScratch();
    private readonly Option<DamagePolicy> _onDamage = CommonOptions.OnDamage();
    private readonly Option<string?> _confirm = CommonOptions.Confirm();
    private readonly Option<string?> _passphraseFile = CommonOptions.PassphraseFile();
    private readonly Option<int?> _passphraseDescriptor = CommonOptions.PassphraseDescriptor();
    private readonly Option<bool> _dryRun = CommonOptions.DryRun();
    private readonly Option<string?> _receipt = CommonOptions.Receipt();
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Build(CliHost host)
    {
        var c = new ImageRestoreCommand();
        var command = new ExampleCommand("restore", "Put an image back onto a disk, or some of its partitions; prints the plan and asks for the disk's id first",
            "rescuekit image restore web1.rki /dev/sdb --dry-run",
            "rescuekit image restore web1.rki /dev/sdb --confirm Y7K2P --verify",
            "rescuekit image restore web1.rki /dev/sdb --partition 2:3",
            "rescuekit image restore web1.rki /dev/sda4 --partition 4",
            "rescuekit image restore web1.rki /dev/sdb --grow 2",
            "rescuekit image restore web1.rki /dev/sdb --shrink --dry-run",
            "rescuekit image restore web1.rki /dev/sdb --new-ids",
            "rescuekit image restore web1.rki new-disk.raw",
            "rescuekit image restore damaged.rki /dev/sdb --on-damage skip")
        {
            c._image, c._target, c._partitions, c._verify, c._free, c._grow, c._newIds, c._shrink, c._workFolder, c._onDamage, c._confirm, c._passphraseFile, c._passphraseDescriptor, c._dryRun, c._receipt,
            c._quiet, c._json,
        };
        command.SetAction(parse => host.Guard(parse, c._json, () => c.Execute(host, parse)));
        return command;
    }

    private int Execute(CliHost host, ParseResult parse)
    {
        var passphrase = CommonOptions.Passphrase(parse, host.Terminal, _passphraseFile, _passphraseDescriptor);
        var request = new RestoreRequest(parse.GetRequiredValue(_image), parse.GetRequiredValue(_target))
        {
            Partitions = parse.GetValue(_partitions) ?? [],
            Free = parse.GetValue(_free),
            Grow = parse.GetValue(_grow),
            NewIds = parse.GetValue(_newIds) ? new DiskIdRenewer(new ToolRunner()) : null,
            Shrink = CommonOptions.Shrinking(parse, _shrink, _workFolder),
            OnDamage = parse.GetValue(_onDamage),
            Verify = parse.GetValue(_verify),
            Passphrase = passphrase.Get,
        };
        var options = new RunOptions
        {
            Uses = [new RunUse(request.Image, Shared: true), new RunUse(request.Target)],
            Json = parse.GetValue(_json),
            Quiet = parse.GetValue(_quiet),
            DryRun = parse.GetValue(_dryRun),
            ShowPlan = true,
            Confirm = parse.GetValue(_confirm),
            ReceiptFile = parse.GetValue(_receipt),
            Help = CliHost.HelpFor(parse),
        };
        return host.Execute(options, () => request.Shrink is null ? Runs.Restore(request) : host.Prepare(cancel => Runs.Restore(request, cancel)));
    }
}
