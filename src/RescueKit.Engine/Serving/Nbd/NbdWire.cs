using System.Buffers.Binary;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace RescueKit.Engine.Serving.Nbd;

/// <summary>The connection broke off, or says what the protocol does not allow: nothing more can be made of it.</summary>
internal sealed class NbdBrokenException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The bytes of one connection, with a limit on how long the other side may take for what it has begun: one that stands still must not keep
/// buffers from others. One reader and one writer at a time.
/// </summary>
internal sealed class NbdWire : IAsyncDisposable
{
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _reading;
    private readonly CancellationTokenSource _writing;
    private readonly CancellationToken _stop;
    private Stream _stream;

    /// <param name="patience">For one piece that was begun.</param>
    public NbdWire(Stream stream, TimeSpan patience, CancellationToken stop)
    {
        (_stream, _patience, _stop) = (stream, patience, stop);
        _reading = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _writing = CancellationTokenSource.CreateLinkedTokenSource(stop);
    }

    public bool IsEncrypted => _stream is SslStream;

    /// <param name="mayWait">The other side owes nothing yet: it may take as long as it likes until the first byte comes.</param>
    /// <returns>False where the connection ended before the first byte.</returns>
    public async ValueTask<bool> ReadAsync(Memory<byte> buffer, bool mayWait = false)
    {
        for (var filled = 0; filled < buffer.Length;)
        {
            _reading.CancelAfter(mayWait && filled == 0 ? Timeout.InfiniteTimeSpan : _patience);
            var read = await Guarded(_stream.ReadAsync(buffer[filled..], _reading.Token)).ConfigureAwait(false);
            if (read == 0) return filled == 0 && mayWait ? false : throw new NbdBrokenException("the connection ended in the middle of a message");
            filled += read;
        }
        _reading.CancelAfter(Timeout.InfiniteTimeSpan);
        return true;
    }

    public async ValueTask<uint> ReadUInt32Async()
    {
        var bytes = new byte[4];
        await ReadAsync(bytes).ConfigureAwait(false);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        _writing.CancelAfter(_patience);
        await Guarded(Written(bytes)).ConfigureAwait(false);
        _writing.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    public async Task EncryptAsync(NbdTls tls)
    {
        var encrypted = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = encrypted;
        _reading.CancelAfter(_patience);
        await Guarded(Done(encrypted.AuthenticateAsServerAsync(tls.Options(), _reading.Token))).ConfigureAwait(false);
        _reading.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It was broken already.
        }
        _reading.Dispose();
        _writing.Dispose();
    }

    private async ValueTask<bool> Written(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes, _writing.Token).ConfigureAwait(false);
        return true;
    }

    private static async ValueTask<bool> Done(Task task)
    {
        await task.ConfigureAwait(false);
        return true;
    }

    private async ValueTask<T> Guarded<T>(ValueTask<T> transfer)
    {
        try
        {
            return await transfer.ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!_stop.IsCancellationRequested)
        {
            throw new NbdBrokenException($"the other side stood still for {_patience.TotalSeconds} s", e);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            throw new NbdBrokenException(e.Message, e);
        }
    }
}

/// <summary>How connections are encrypted: a certificate of the server, and whether clients need one of the same authority.</summary>
public sealed class NbdTls : IDisposable
{
    private readonly X509Certificate2 _server;
    private readonly X509Certificate2Collection _authorities;
    private readonly bool _verifyClients;

    private NbdTls(X509Certificate2 server, X509Certificate2Collection authorities, bool verifyClients) =>
        (_server, _authorities, _verifyClients) = (server, authorities, verifyClients);

    /// <summary>Reads PEM files by the names that QEMU and nbdkit use, too: ca-cert.pem, server-cert.pem, server-key.pem.</summary>
    /// <param name="verifyClients">A client needs a certificate that ca-cert.pem has signed.</param>
    /// <exception cref="Model.UsageException">One of them is missing or no use.</exception>
    public static NbdTls Load(string folder, bool verifyClients)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            if (verifyClients) authorities.ImportFromPemFile(Path.Combine(folder, "ca-cert.pem"));
            return new NbdTls(X509Certificate2.CreateFromPemFile(Path.Combine(folder, "server-cert.pem"), Path.Combine(folder, "server-key.pem")), authorities, verifyClients);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new Model.UsageException($"the certificates in {folder} cannot be used: {e.Message}", "put server-cert.pem and server-key.pem there, and ca-cert.pem to check clients");
        }
    }

    public void Dispose()
    {
        _server.Dispose();
        foreach (var authority in _authorities) authority.Dispose();
    }

    internal SslServerAuthenticationOptions Options()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(_authorities);
        return new SslServerAuthenticationOptions
        {
            ServerCertificate = _server,
            ClientCertificateRequired = _verifyClients,
            CertificateChainPolicy = policy,
        };
    }
}
