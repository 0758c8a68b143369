using System.CommandLine;
using System.Globalization;
using RescueKit.Agent.Files;
using RescueKit.Agent.Tools;
using RescueKit.Cli.Arguments;

namespace RescueKit.Cli.Session;

/// <summary>What the commands have in common that look into an image: which partition is meant, and mounting it for as long as they need it.</summary>
internal sealed class ImageFiles
{
    public const string Form = "IMAGE[:N]";

    private readonly Argument<string> _image = new(Form) { Description = "An image (its first part), and which of its partitions where several have files" };
    private readonly Option<string?> _passphraseFile = CommonOptions.PassphraseFile();
    private readonly Option<int?> _passphraseDescriptor = CommonOptions.PassphraseDescriptor();

    public Argument<string> Argument => _image;
    public IEnumerable<Option> Options => [_passphraseFile, _passphraseDescriptor];

    /// <summary>Its image and partition, as far as that is said.</summary>
    public (string Path, int? Partition) Of(ParseResult parse) => Parse(parse.GetRequiredValue(_image));

    public PassphraseSource Passphrase(CliHost host, ParseResult parse) => CommonOptions.Passphrase(parse, host.Terminal, _passphraseFile, _passphraseDescriptor);

    /// <summary>Has its files at hand, and takes away again what was made for it.</summary>
    /// <param name="point">Where to mount it; null where files alone are wanted.</param>
    /// <param name="use">Is to end when it is told to.</param>
    public int With(CliHost host, ParseResult parse, string? point, Func<ImageFolder, CancellationToken, int> use)
    {
        var (path, number) = Of(parse);
        using var folder = ImageFolder.Open(new ImageFolderRequest(path, number, Passphrase(host, parse).Get, point)
        {
            Report = new ReadFailures(host).Report,
            Mounting = host.BeginUndoing,
            Unmounted = point is null ? new ToolRunner() : null,
        });
        return use(folder, host.Interruption.BeginRun());
    }

    /// <summary>A file whose name ends as a partition would be named is that file.</summary>
    internal static (string Path, int? Partition) Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && !File.Exists(text) && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (text[..colon], number)
            : (text, null);
    }
}

/// <summary>Says what of an image could not be read: each thing once, and not without end.</summary>
internal sealed class ReadFailures(CliHost host)
{
    private const int Most = 100;
    private readonly HashSet<string> _said = [];

    public void Report(string message)
    {
        lock (_said)
        {
            if (_said.Count >= Most || !_said.Add(message)) return;
            host.Terminal.Error.WriteLine($"warning: {message}");
            if (_said.Count == Most) host.Terminal.Error.WriteLine("warning: no more of this is said");
        }
    }
}
