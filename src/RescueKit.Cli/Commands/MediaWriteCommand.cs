using System.CommandLine;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Session;
using RescueKit.Media.Sticks;

namespace RescueKit.Cli.Commands;

internal sealed class MediaWriteCommand
{
    private readonly Argument<string> _iso = new("ISO") { Description = "Rescue media, as 'media build' makes them" };
    private readonly Argument<string> _target = new("TARGET") { Description = "The stick to write over; a file that does not exist yet is made" };

    private readonly Option<DataFileSystem> _data = new("--data-fs")
    {
        HelpName = "exfat|ext4",
        Description = "What the place for images, in the rest of the stick, is formatted with [default: exfat]",
        CustomParser = CommonOptions.Word(("exfat", DataFileSystem.ExFat), ("ext4", DataFileSystem.Ext4)),
    };

    private readonly Option<bool> _noData = new("--no-data") { Description = "Make no place for images: the rest of the stick stays unpartitioned" };

    private readonly Option<long?> _size = new("--size")
    {
        HelpName = "SIZE",
        Description = "Size of a file that does not exist yet [default: 4G]",
        CustomParser = CommonOptions.One<long?>(text => SizeText.Parse(text)),
    };

    private readonly Option<string?> _confirm = CommonOptions.Confirm();
    private readonly Option<bool> _dryRun = CommonOptions.DryRun();
    private readonly Option<string?> _receipt = CommonOptions.Receipt();
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Build(CliHost host)
    {
        var c = new MediaWriteCommand();
        var command = new ExampleCommand("write", "Write rescue media onto a stick, read them back, and make the rest of the stick a place for images",
            "rescuekit media write rescuekit.iso /dev/sdb --dry-run",
            "rescuekit media write rescuekit.iso /dev/sdb --confirm 33F1A",
            "rescuekit media write rescuekit.iso stick.img --size 8G")
        {
            c._iso, c._target, c._data, c._noData, c._size, c._confirm, c._dryRun, c._receipt, c._quiet, c._json,
        };
        command.SetAction(parse => host.Guard(parse, c._json, () => c.Execute(host, parse)));
        return command;
    }

    private int Execute(CliHost host, ParseResult parse)
    {
        var request = new StickRequest(parse.GetRequiredValue(_iso), parse.GetRequiredValue(_target))
        {
            Data = parse.GetValue(_noData) ? null : parse.GetValue(_data),
        };
        if (parse.GetValue(_size) is { } size) request = request with { NewFileLength = size };
        var options = new RunOptions
        {
            Json = parse.GetValue(_json),
            Quiet = parse.GetValue(_quiet),
            DryRun = parse.GetValue(_dryRun),
            ShowPlan = true,
            Confirm = parse.GetValue(_confirm),
            ReceiptFile = parse.GetValue(_receipt),
            Help = CliHost.HelpFor(parse),
        };
        return RunSession.Execute(host, options, () => StickRun.Prepare(request));
    }
}
