using System.Collections.Concurrent;
using RescueKit.Model;

namespace RescueKit.Images.Encryption;

/// <summary>The sessions of an encrypted image: which salt each has, and ciphers made from it. Thread-safe; the ciphers are not.</summary>
internal sealed class SessionKeys(MasterKey master) : IDisposable
{
    private readonly ConcurrentDictionary<ushort, byte[]> _salts = new();

    public void Add(ushort session, byte[] salt) => _salts.TryAdd(session, salt);

    /// <exception cref="ImageDamagedException">No header, and no index, tells the session's salt.</exception>
    public FrameCipher NewCipher(ushort session) => _salts.TryGetValue(session, out var salt)
        ? master.Session(salt)
        : throw new ImageDamagedException($"a frame belongs to session {session}, whose header is lost");

    public void Dispose() => master.Dispose();
}
