namespace RescueKit.Model;

/// <summary>Where image parts live: a folder, later an object store. Names are plain file names without a folder.</summary>
public interface IImageStore
{
    /// <summary>How to call it in messages.</summary>
    string Location { get; }

    bool Exists(string name);

    /// <summary>Names that begin with <paramref name="prefix"/>, in no particular order.</summary>
    IReadOnlyList<string> List(string prefix);

    /// <exception cref="DeviceException">It is missing or cannot be read.</exception>
    IPartReader OpenRead(string name);

    /// <summary>
    /// Creates a part; durable (with its folder entry) after the first flush. Until its writer is disposed the part is that writer's
    /// alone, whatever program asks for it.
    /// </summary>
    /// <exception cref="SafetyException">The name exists.</exception>
    IPartWriter Create(string name);

    /// <summary>Opens an existing part to go on at its end; nothing is changed before the writer is told to. Its own alone, as above.</summary>
    /// <exception cref="SafetyException">Another writer has it open.</exception>
    /// <exception cref="DeviceException">It is missing or cannot be written.</exception>
    IPartWriter OpenAppend(string name);

    void Delete(string name);

    /// <summary>Bytes free for new parts; null where it cannot be told.</summary>
    long? FreeBytes { get; }

    /// <summary>The largest part this store can hold (4 GiB - 1 on FAT); null where no limit is known (<see cref="IPartWriter.CanHold"/>).</summary>
    long? MaxPartBytes { get; }
}

/// <remarks>May be called from several threads at once.</remarks>
public interface IPartReader : IDisposable
{
    string Name { get; }
    long Length { get; }

    /// <summary>Fills the buffer.</summary>
    /// <exception cref="ImageDamagedException">The part ends before.</exception>
    /// <exception cref="BlockReadException">The storage below cannot be read there.</exception>
    void Read(long offset, Span<byte> buffer);
}

public interface IPartWriter : IDisposable
{
    string Name { get; }

    /// <summary>Bytes appended so far, the existing ones included.</summary>
    long Length { get; }

    /// <exception cref="NoSpaceException">No room left; the part may have a torn tail.</exception>
    /// <exception cref="DeviceException">It failed, or the store allows no part of that length; the part may have a torn tail.</exception>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Drops what lies behind <paramref name="length"/>, which must not pass <see cref="Length"/>; appending goes on there.</summary>
    void Cut(long length);

    /// <summary>
    /// False where the store allows no part of this length, whatever room is free; true also where that cannot be told. Nothing that
    /// was appended changes by asking.
    /// </summary>
    bool CanHold(long length);

    /// <summary>Returns when everything appended is on stable storage. A failure is final.</summary>
    void Flush();

    /// <summary>Bytes of this part that have reached stable storage so far; for progress.</summary>
    long DurableBytes { get; }
}
