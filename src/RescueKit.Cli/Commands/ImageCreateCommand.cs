using System.CommandLine;
using System.Globalization;
using System.Numerics;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Import;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Images;
using RescueKit.Images.Codecs;
using RescueKit.Model;

namespace RescueKit.Cli.Commands;

internal sealed class ImageCreateCommand
{
    private const int MaxZstdLevel = 19;
    private const long LeastRate = 64 << 10;

    private readonly Argument<string> _source = new("SOURCE") { Description = "The disk to back up: a block device or a raw image file; or what Clonezilla saved (FOLDER, or FOLDER:sda), or a partclone image; it is only read" };
    private readonly Argument<string> _image = new("IMAGE") { Description = "The image to make, for example backup.rki" };

    private readonly Option<int[]?> _partitions = new("--partition")
    {
        HelpName = "N",
        Description = "Take only this partition; may be given several times. Tables, boot code and gaps are always taken",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = CommonOptions.Each(PartitionText.ParseNumber),
    };

    private readonly Option<CodecKind?> _codec = new("--codec")
    {
        HelpName = "none|lz4|zstd",
        Description = "Compression: lz4 is fastest, zstd smaller [default: lz4]",
        CustomParser = CommonOptions.Word<CodecKind?>(("none", CodecKind.None), ("lz4", CodecKind.Lz4), ("zstd", CodecKind.Zstd)),
    };

    private readonly Option<int?> _level = new("--level")
    {
        HelpName = "N",
        Description = "Level of zstd, 1 (fast) to 19 (small) [default: 1]",
        CustomParser = CommonOptions.One<int?>(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var level)
            ? level
            : throw new FormatException($"'{text}' is not a level: a number from 1 to {MaxZstdLevel}")),
    };

    private readonly Option<long?> _split = new("--split")
    {
        HelpName = "SIZE",
        Description = "Split the image into parts of at most this size (4G, 650M, 1TiB); on FAT it splits below 4 GiB by itself",
        CustomParser = CommonOptions.One<long?>(text => SizeText.Parse(text)),
    };

    private readonly Option<long?> _chunkSize = new("--chunk-size")
    {
        HelpName = "SIZE",
        Description = "Bytes hashed, compressed and stored together: a power of two from 4K to 4M [default: 256K]",
        CustomParser = CommonOptions.One<long?>(text => SizeText.Parse(text)),
    };

    private readonly Option<bool> _encrypt = new("--encrypt") { Description = "Encrypt everything that tells what is on the disk (AES-256-GCM)" };
    private readonly Option<string?> _passphraseFile = CommonOptions.PassphraseFile();
    private readonly Option<int?> _passphraseDescriptor = CommonOptions.PassphraseDescriptor();
    private readonly Option<bool> _allBlocks = CommonOptions.AllBlocks();
    private readonly Option<BadSectorPolicy> _onBadSector = CommonOptions.OnBadSector();
    private readonly Option<TimeSpan?> _badSectorTime = CommonOptions.BadSectorTime();
    private readonly Option<UncleanPolicy> _unclean = CommonOptions.Unclean();
    private readonly Option<bool> _excludeWindowsSwap = CommonOptions.ExcludeWindowsSwap();
    private readonly Option<(int Number, string? File)[]?> _unlock = UnlockOption.Make();
    private readonly Option<long?> _rateLimit = new("--rate-limit")
    {
        HelpName = "SIZE",
        Description = "Read the disk with at most so many bytes per second (20M), so that others get it, too [default: no limit]",
        CustomParser = CommonOptions.One<long?>(text => SizeText.Parse(text)),
    };

    private readonly Option<bool> _verify = new("--verify") { Description = "Read the finished image back and verify every chunk" };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on with an image that was begun and not finished" };
    private readonly Option<bool> _hot = HotOptions.Hot();
    private readonly Option<string?> _store = HotOptions.Store();
    private readonly WriterOptions _writers = new();
    private readonly Option<string?> _scratch = new("--scratch")
    {
        HelpName = "FOLDER",
        Description = "Where the disk of a Clonezilla or partclone image is unpacked as long as the run takes [default: beside IMAGE]",
    };

    private readonly Option<bool> _dryRun = CommonOptions.DryRun();
    private readonly Option<string?> _receipt = CommonOptions.Receipt();
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Build(CliHost host)
    {
        var c = new ImageCreateCommand();
        var command = new ExampleCommand("create", "Back a disk up into an image: its partition tables, boot code and the used blocks of each partition",
            "rescuekit image create /dev/sda /media/stick/web1.rki",
            "rescuekit image create disk.raw disk.rki --codec zstd --level 3 --verify",
            "rescuekit image create /dev/sdb dying.rki --on-bad-sector skip --bad-sector-time 2h",
            "rescuekit image create /dev/sda secret.rki --encrypt --passphrase-file key.txt --split 4G",
            "rescuekit image create /dev/sda web1.rki --resume",
            "rescuekit image create --hot /dev/sda /backup/web1.rki",
            "rescuekit image create /media/usb/2023-05-17-img:sda old.rki --scratch /var/tmp")
        {
            c._source, c._image, c._partitions, c._codec, c._level, c._chunkSize, c._allBlocks, c._split, c._encrypt, c._passphraseFile,
            c._passphraseDescriptor, c._onBadSector, c._badSectorTime, c._unclean, c._excludeWindowsSwap, c._unlock, c._rateLimit, c._verify, c._resume, c._hot, c._store, c._scratch, c._dryRun, c._receipt,
            c._quiet, c._json,
        };
        foreach (var option in c._writers.All) command.Options.Add(option);
        command.SetAction(parse => host.Guard(parse, c._json, () => c.Execute(host, parse)));
        return command;
    }

    private int Execute(CliHost host, ParseResult parse)
    {
        var import = ImportSource.Parse(parse.GetRequiredValue(_source));
        if (import is null && parse.GetValue(_scratch) is not null)
            throw new UsageException($"--scratch is for what Clonezilla or partclone saved, which {parse.GetValue(_source)} is not", "leave it out");
        if (import is not null && parse.GetValue(_hot)) throw new UsageException($"--hot is for disks in use, which {parse.GetValue(_source)} is not", "leave it out");
        var request = Request(host, parse);
        var options = new RunOptions
        {
            Uses = [new RunUse(request.Source), new RunUse(request.Image)],
            Json = parse.GetValue(_json),
            Quiet = parse.GetValue(_quiet),
            DryRun = parse.GetValue(_dryRun),
            ShowPlan = !parse.GetValue(_json),
            ReceiptFile = parse.GetValue(_receipt),
            Help = CliHost.HelpFor(parse),
        };
        return import is null
            ? host.Execute(options, () => Runs.Backup(request))
            : new ImportedBackup(host, options, import, parse.GetValue(_scratch)).Execute(request);
    }

    private BackupRequest Request(CliHost host, ParseResult parse)
    {
        var passphrase = CommonOptions.Passphrase(parse, host.Terminal, _passphraseFile, _passphraseDescriptor);
        var encrypt = parse.GetValue(_encrypt);
        if (passphrase.IsGiven && !encrypt)
            throw new UsageException("a passphrase was given without --encrypt", "add --encrypt, or leave the passphrase out: the image would be readable by anybody");
        var codec = parse.GetValue(_codec);
        var notes = new List<string>();
        if (ImportSource.Doubt(parse.GetRequiredValue(_source)) is { } doubt) notes.Add(doubt);
        BadSectorRules.Check(parse.GetValue(_onBadSector), parse.GetValue(_badSectorTime));
        return new BackupRequest(parse.GetRequiredValue(_source), parse.GetRequiredValue(_image))
        {
            Partitions = parse.GetValue(_partitions) ?? [],
            Codec = codec,
            Level = Level(codec, parse.GetValue(_level)),
            ChunkSize = ChunkSize(parse.GetValue(_chunkSize)),
            AllBlocks = parse.GetValue(_allBlocks),
            SplitBytes = parse.GetValue(_split),
            OnBadSector = parse.GetValue(_onBadSector),
            BadSectorTime = parse.GetValue(_badSectorTime),
            Unclean = parse.GetValue(_unclean),
            ExcludeWindowsSwap = parse.GetValue(_excludeWindowsSwap),
            Unlock = UnlockOption.Read(parse, _unlock, parse.GetRequiredValue(_source), host),
            RateLimit = RateLimit(parse.GetValue(_rateLimit)),
            Verify = parse.GetValue(_verify),
            Resume = parse.GetValue(_resume),
            Writers = _writers.Read(parse, parse.GetValue(_hot), parse.GetValue(_quiet) ? null : host.Terminal),
            Hot = HotOptions.Provider(parse, _hot, _store, parse.GetRequiredValue(_source), notes),
            Notes = notes,
            Passphrase = encrypt ? Secret(parse, passphrase) : default(ReadOnlyMemory<byte>?),
        };
    }

    /// <summary>A dry run makes no image: nothing to protect, nobody to ask.</summary>
    private ReadOnlyMemory<byte>? Secret(ParseResult parse, PassphraseSource passphrase)
    {
        if (parse.GetValue(_dryRun) && !passphrase.IsGiven) return default(ReadOnlyMemory<byte>?);
        return parse.GetValue(_resume) ? passphrase.Get() : passphrase.GetNew();
    }

    private static int? Level(CodecKind? codec, int? level)
    {
        if (level is null) return null;
        if (codec != CodecKind.Zstd) throw new UsageException("--level goes with --codec zstd only", "add --codec zstd");
        return level is >= 1 and <= MaxZstdLevel ? level : throw new UsageException($"--level {level} is out of range: zstd has 1 to {MaxZstdLevel}");
    }

    private static long? RateLimit(long? bytes) =>
        bytes is null or >= LeastRate ? bytes : throw new UsageException($"--rate-limit {bytes} is less than 64K per second: such a backup would not come to its end");

    private static int? ChunkSize(long? size)
    {
        if (size is not { } bytes) return null;
        return bytes is >= ImageLimits.MinChunkSize and <= ImageLimits.MaxChunkSize && BitOperations.IsPow2(bytes)
            ? (int)bytes
            : throw new UsageException($"--chunk-size {bytes} is not a power of two from 4K to 4M");
    }
}
