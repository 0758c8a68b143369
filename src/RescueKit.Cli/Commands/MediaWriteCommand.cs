using System.CommandLine;
using RescueKit.Agent.Hosting;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Media.Write;
using RescueKit.Model;

namespace RescueKit.Cli.Commands;

internal sealed class MediaWriteCommand
{
    private readonly Argument<string> _iso = new("ISO") { Description = "Rescue media that 'media build' made" };
    private readonly Argument<string?> _target = new("STICK") { Description = "The stick to write over: a disk or a file", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<DataFileSystem> _dataFs = new("--data-fs")
    {
        HelpName = "exfat|ext4",
        Description = "File system of the partition for images, which takes the rest of the stick [default: exfat]",
        DefaultValueFactory = _ => DataFileSystem.ExFat,
        CustomParser = CommonOptions.Word(("exfat", DataFileSystem.ExFat), ("ext4", DataFileSystem.Ext4)),
    };

    private readonly Option<bool> _noData = new("--no-data") { Description = "No partition for images" };
    private readonly Option<long?> _size = new("--size")
    {
        HelpName = "SIZE",
        Description = "Length of a file that does not exist yet (8G, 4000M)",
        CustomParser = CommonOptions.One<long?>(text => SizeText.Parse(text)),
    };

    private readonly Option<string?> _pxe = new("--pxe") { HelpName = "DIR", Description = "Write no stick but a folder for a TFTP server, to boot from over the network" };
    private readonly Option<string?> _confirm = CommonOptions.Confirm();
    private readonly Option<bool> _dryRun = CommonOptions.DryRun();
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Build(CliHost host)
    {
        var c = new MediaWriteCommand();
        var command = new ExampleCommand("write", "Write rescue media onto a stick, with a partition for images; prints the plan and asks for the stick's id first",
            "rescuekit media write rescuekit.iso /dev/sdc --dry-run",
            "rescuekit media write rescuekit.iso /dev/sdc --confirm 33F1A",
            "rescuekit media write rescuekit.iso --pxe /srv/tftp")
        {
            c._iso, c._target, c._dataFs, c._noData, c._size, c._pxe, c._confirm, c._dryRun, c._quiet, c._json,
        };
        command.SetAction(parse => host.Guard(parse, c._json, () => c.Execute(host, parse)));
        return command;
    }

    private int Execute(CliHost host, ParseResult parse)
    {
        var (iso, target, folder) = (parse.GetRequiredValue(_iso), parse.GetValue(_target), parse.GetValue(_pxe));
        if (target is null == folder is null) throw new UsageException("name either a stick or, with --pxe, a folder");
        if (folder is not null)
        {
            NetworkFolder.Write(iso, folder);
            host.Terminal.Out.WriteLine($"{folder}: have the DHCP server name {NetworkFolder.UefiFile} for UEFI and {NetworkFolder.BiosFile} for BIOS as the boot file");
            return ExitCodes.Done;
        }
        var request = new StickRequest(iso, target!)
        {
            Data = parse.GetValue(_noData) ? DataFileSystem.None : parse.GetValue(_dataFs),
            NewLength = parse.GetValue(_size),
        };
        var options = new RunOptions
        {
            Json = parse.GetValue(_json),
            Quiet = parse.GetValue(_quiet),
            DryRun = parse.GetValue(_dryRun),
            ShowPlan = true,
            Confirm = parse.GetValue(_confirm),
            Help = CliHost.HelpFor(parse),
            Uses = [new RunUse(iso, Shared: true), new RunUse(target!)],
        };
        return RunSession.Execute(host, options, () => StickRun.Prepare(request));
    }
}
