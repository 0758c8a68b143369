using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Reading;

/// <summary>Asks for the passphrase, once, when an image turns out to be encrypted.</summary>
internal static class KeyOpener
{
    /// <returns>Null where the image is not encrypted.</returns>
    /// <exception cref="WrongPassphraseException">None given, or it does not open the image.</exception>
    public static MasterKey? Open(ImageHeader header, Func<ReadOnlyMemory<byte>>? passphrase, string name)
    {
        if (!header.IsEncrypted) return null;
        if (passphrase is null) throw new WrongPassphraseException($"{name} is encrypted", "give its passphrase");
        return MasterKey.Unwrap(header, passphrase().Span, name);
    }
}

/// <summary>Several ways of opening may be tried; a person is asked once.</summary>
internal sealed class PassphraseOnce(Func<ReadOnlyMemory<byte>> ask)
{
    private ReadOnlyMemory<byte>? _answer;

    public ReadOnlyMemory<byte> Get() => _answer ??= ask();
}
