using System.CommandLine;
using System.Globalization;
using System.Net;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Session;
using RescueKit.Engine;
using RescueKit.Engine.Inspection;
using RescueKit.Engine.Serving;
using RescueKit.Engine.Serving.Nbd;
using RescueKit.Model;

namespace RescueKit.Cli.Commands;

internal sealed class ImageServeCommand
{
    /// <summary>Of several requests for one chunk all but one wait until it is unpacked, each on a thread: that must not keep a processor from other chunks.</summary>
    private const int LeastThreads = 32;

    private readonly Argument<string> _image = new("IMAGE") { Description = "An image (its first part)" };
    private readonly Option<string?> _socket = new("--socket") { HelpName = "PATH", Description = "Listen on this socket of the file system, for its owner alone" };

    private readonly Option<int?> _port = new("--port")
    {
        HelpName = "N",
        Description = "Listen on this TCP port; 0 takes a free one [default: 10809]",
        CustomParser = CommonOptions.One<int?>(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort
            ? port
            : throw new FormatException($"'{text}' is no port: a number from 0 to {IPEndPoint.MaxPort}")),
    };

    private readonly Option<IPAddress?> _address = new("--address")
    {
        HelpName = "ADDRESS",
        Description = "Listen on this address of the machine; any but a loopback one needs --tls-certs [default: 127.0.0.1]",
        CustomParser = CommonOptions.One(text => IPAddress.TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is no address")),
    };

    private readonly Option<int?> _partition = new("--partition") { HelpName = "N", Description = "Serve only this partition, as a disk of its own" };

    private readonly Option<string?> _overlay = new("--overlay")
    {
        HelpName = "FILE",
        Description = "Let clients write: what they write goes into this file, the image stays as it is. Named again, it goes on with it",
    };

    private readonly Option<string?> _certificates = new("--tls-certs")
    {
        HelpName = "DIR",
        Description = "Encrypt all connections with server-cert.pem and server-key.pem from this folder",
    };

    private readonly Option<bool> _verifyPeer = new("--tls-verify-peer") { Description = "With --tls-certs: serve only clients that have a certificate of ca-cert.pem" };

    private readonly Option<long?> _cache = new("--cache")
    {
        HelpName = "SIZE",
        Description = "How much of the disk is kept in memory once it is unpacked [default: 64M]",
        CustomParser = CommonOptions.One<long?>(text => SizeText.Parse(text)),
    };

    private readonly Option<bool> _once = new("--once") { Description = "End when the last client has left" };
    private readonly Option<string?> _passphraseFile = CommonOptions.PassphraseFile();
    private readonly Option<int?> _passphraseDescriptor = CommonOptions.PassphraseDescriptor();
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Build(CliHost host)
    {
        var c = new ImageServeCommand();
        var command = new ExampleCommand("serve", "Serve an image as a disk (NBD), for virtual machines, qemu-img, mount and others, until Ctrl-C",
            "rescuekit image serve web1.rki",
            "qemu-system-x86_64 -m 2G -drive format=raw,file=nbd://127.0.0.1:10809   # with: rescuekit image serve web1.rki --overlay changes",
            "rescuekit image serve web1.rki --socket /run/web1.nbd --partition 2",
            "nbd-client -unix /run/web1.nbd /dev/nbd0 && mount -o ro /dev/nbd0 /mnt",
            "rescuekit image serve web1.rki --address 0.0.0.0 --tls-certs /etc/rescuekit/tls --tls-verify-peer")
        {
            c._image, c._socket, c._port, c._address, c._partition, c._overlay, c._certificates, c._verifyPeer, c._cache, c._once,
            c._passphraseFile, c._passphraseDescriptor, c._json,
        };
        command.SetAction(parse => host.Guard(parse, c._json, () => c.Execute(host, parse)));
        return command;
    }

    private int Execute(CliHost host, ParseResult parse)
    {
        var path = parse.GetRequiredValue(_image);
        if (parse.GetValue(_socket) is not null && (parse.GetValue(_port) is not null || parse.GetValue(_address) is not null))
            throw new UsageException("--socket and a TCP port were both given", "give one of them");
        if (parse.GetValue(_verifyPeer) && parse.GetValue(_certificates) is null) throw new UsageException("--tls-verify-peer needs --tls-certs");
        using var tls = parse.GetValue(_certificates) is { } folder ? NbdTls.Load(folder, parse.GetValue(_verifyPeer)) : null;

        var passphrase = CommonOptions.Passphrase(parse, host.Terminal, _passphraseFile, _passphraseDescriptor);
        using var image = ImageDisk.Open(path, passphrase.Get, parse.GetValue(_cache) ?? ImageDisk.DefaultCacheBytes);
        var (source, identity) = Chosen(image, parse.GetValue(_partition));
        using var overlay = parse.GetValue(_overlay) is { } file ? OverlayDisk.Open(source, file, identity) : null;
        using var server = new NbdServer(new NbdExport(Path.GetFileName(path), $"disk of {image.Description.Disk.Name}", overlay ?? source), tls, new ReadFailures(host).Report);
        if (parse.GetValue(_socket) is { } socket) server.Listen(socket);
        else server.Listen(parse.GetValue(_address) ?? IPAddress.Loopback, parse.GetValue(_port) ?? NbdServer.DefaultPort);

        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, LeastThreads), completions);
        var stop = host.Interruption.BeginRun();
        var document = new ServeDocument(server.Uri, path, parse.GetValue(_partition), source.Length, overlay is null, parse.GetValue(_overlay), Warnings(image));
        if (parse.GetValue(_json)) JsonOutput.Write(host.Terminal.Out, document);
        else ServeText.Write(host.Terminal.Out, document);
        host.Terminal.Out.Flush();
        server.RunAsync(parse.GetValue(_once), stop).GetAwaiter().GetResult();
        return ExitCodes.Done;
    }

    private static (IBlockSource Disk, byte[] Identity) Chosen(ImageDisk image, int? partition)
    {
        if (partition is not { } number) return (image, image.Identity);
        var volume = image.Description.Volumes.FirstOrDefault(v => v.Number == number) ?? throw new UsageException(
            $"the image has no partition {number}", $"it has {string.Join(", ", image.Description.Volumes.Select(v => v.Number))}");
        if (!volume.Included) throw new UsageException($"partition {number} was left out when the image was made");
        return (new BlockSourceSlice(image, new Extent(volume.Offset, volume.Length), $"{image.Name} partition {number}"), [.. image.Identity, .. BitConverter.GetBytes(number)]);
    }

    private static List<string> Warnings(ImageDisk image)
    {
        var warnings = new List<string>();
        if (!image.IsComplete) warnings.Add("The image was never completed: what it lacks cannot be read.");
        if (image.MissingParts.Count > 0) warnings.Add($"Part {string.Join(", ", image.MissingParts)} is missing: what lies there cannot be read.");
        return warnings;
    }
}
