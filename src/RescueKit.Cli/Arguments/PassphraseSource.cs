using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using RescueKit.Cli.Terminals;
using RescueKit.Model;

namespace RescueKit.Cli.Arguments;

/// <summary>
/// Where a passphrase comes from: the first line of a file or of a file descriptor, or a prompt without echo. Never an argument, which
/// every user of the machine could read.
/// </summary>
internal sealed class PassphraseSource(ITerminal terminal, string? file, int? descriptor)
{
    private const int MaxBytes = 4096;
    private const int Attempts = 3;

    public bool IsGiven => file is not null || descriptor is not null;

    /// <summary>The passphrase that opens an image.</summary>
    /// <exception cref="UsageException">None was given and there is no terminal to ask at, or what was given is no passphrase.</exception>
    public ReadOnlyMemory<byte> Get() => Given() ?? NotEmpty(Prompt("Passphrase: "), "the passphrase typed");

    /// <summary>As <see cref="Get"/>, but nothing at all (no source, or an empty answer) is an answer too: null.</summary>
    public ReadOnlyMemory<byte>? GetIfAny()
    {
        if (IsGiven) return Given();
        if (!terminal.InputIsTerminal) return null;
        var typed = terminal.Ask("Passphrase (empty: show only what is not encrypted): ", echo: false);
        // Spelt out: a null array would become an empty passphrase instead of none.
        if (typed is null or []) return null;
        return new ReadOnlyMemory<byte>(typed);
    }

    /// <summary>The passphrase of a new image: a prompt asks twice, because a slip would lock the image for good.</summary>
    /// <exception cref="UsageException">As for <see cref="Get"/>, or the two differ again and again.</exception>
    public ReadOnlyMemory<byte> GetNew()
    {
        if (Given() is { } given) return given;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var first = NotEmpty(Prompt("New passphrase: "), "the passphrase typed");
            var second = Prompt("The same again: ");
            if (CryptographicOperations.FixedTimeEquals(first.Span, second)) return first;
            terminal.Error.WriteLine("They differ.");
        }
        throw new UsageException("the two passphrases typed differ");
    }

    private ReadOnlyMemory<byte>? Given()
    {
        if (file is not null && descriptor is not null)
            throw new UsageException("--passphrase-file and --passphrase-fd were both given", "give one of them");
        if (file is not null) return NotEmpty(FirstLine(OpenFile(file), file), file);
        if (descriptor is not { } number) return null;
        var name = $"file descriptor {number.ToString(CultureInfo.InvariantCulture)}";
        return NotEmpty(FirstLine(OpenDescriptor(number, name), name), name);
    }

    private byte[] Prompt(string prompt)
    {
        if (!terminal.InputIsTerminal)
        {
            throw new UsageException("a passphrase is needed, and there is no terminal to ask for it",
                "give --passphrase-file FILE or --passphrase-fd N");
        }
        return terminal.Ask(prompt, echo: false) ?? throw new UsageException("no passphrase was typed");
    }

    private static FileStream OpenFile(string file)
    {
        try
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the passphrase file {file} cannot be read", "check --passphrase-file: it must exist and be readable");
        }
    }

    private static FileStream OpenDescriptor(int number, string name)
    {
        if (!Libc.IsInherited(number)) throw new UsageException($"{name} is not open", "check --passphrase-fd: --passphrase-fd 3 3<FILE");
        return new FileStream(new SafeFileHandle(number, ownsHandle: false), FileAccess.Read, bufferSize: 0);
    }

    private static byte[] FirstLine(FileStream stream, string name)
    {
        using (stream)
        {
            var line = new List<byte>();
            try
            {
                int value;
                while ((value = stream.ReadByte()) >= 0 && value != '\n')
                {
                    if (line.Count == MaxBytes) throw new UsageException($"the first line of {name} is longer than {MaxBytes} bytes");
                    line.Add((byte)value);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new UsageException($"the passphrase could not be read from {name}");
            }
            if (line is [.., (byte)'\r']) line.RemoveAt(line.Count - 1);
            return [.. line];
        }
    }

    private static ReadOnlyMemory<byte> NotEmpty(byte[] passphrase, string origin) =>
        passphrase.Length > 0 ? passphrase : throw new UsageException($"{origin} is empty: an empty passphrase protects nothing");
}
