using RescueKit.Model;

namespace RescueKit.Testing.Fakes;

/// <summary>Image parts in memory. Bytes appended after the last flush can be dropped to play a power cut.</summary>
public sealed class MemoryStore : IImageStore
{
    public Dictionary<string, MemoryPart> Parts { get; } = [];

    /// <summary>Seen before each operation ("append", "flush", "read", "create", "delete"); may throw to inject a fault.</summary>
    public Action<string, string, long>? Before { get; set; }

    /// <summary>A part that cannot be read where the extent lies.</summary>
    public (string Part, Extent Where)? Unreadable { get; set; }

    /// <summary>True appends the first half of what <see cref="Before"/> fails to append, as a disk does that fills up in the middle of it.</summary>
    public bool TearsAppends { get; init; }

    public string Location => "memory";
    public long? FreeBytes { get; set; }
    public long? MaxPartBytes { get; set; }

    /// <summary>The longest part that is taken, which nobody is told beforehand: as FAT behind FUSE or CIFS.</summary>
    public long? SilentLimit { get; set; }

    public bool Exists(string name) => Parts.ContainsKey(name);
    public IReadOnlyList<string> List(string prefix) => [.. Parts.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal))];

    public void Delete(string name)
    {
        Before?.Invoke("delete", name, 0);
        Parts.Remove(name);
    }

    public IPartReader OpenRead(string name) => Parts.TryGetValue(name, out var part)
        ? new Reader(this, name, part)
        : throw new DeviceException($"{name} does not exist in {Location}");

    public IPartWriter Create(string name)
    {
        Before?.Invoke("create", name, 0);
        if (Exists(name)) throw new SafetyException($"{name} exists");
        return new Writer(this, name, Parts[name] = new MemoryPart());
    }

    public IPartWriter OpenAppend(string name)
    {
        if (!Parts.TryGetValue(name, out var part)) throw new DeviceException($"{name} does not exist in {Location}");
        return new Writer(this, name, part);
    }

    /// <summary>What would be left after a power cut: only what was flushed.</summary>
    public void PowerCut()
    {
        foreach (var part in Parts.Values)
        {
            part.Truncate(part.Durable);
            part.IsBeingWritten = false;
        }
    }

    public MemoryStore Clone()
    {
        var copy = new MemoryStore();
        foreach (var (name, part) in Parts) copy.Parts[name] = new MemoryPart(part.ToArray());
        return copy;
    }

    private sealed class Reader(MemoryStore store, string name, MemoryPart part) : IPartReader
    {
        public string Name => name;
        public long Length => part.Length;

        public void Read(long offset, Span<byte> buffer)
        {
            store.Before?.Invoke("read", name, offset);
            if (offset < 0 || offset > part.Length - buffer.Length)
                throw new ImageDamagedException($"{name} ends at {part.Length}, {buffer.Length} bytes were wanted at {offset}");
            if (store.Unreadable is { } bad && bad.Part == name && bad.Where.Overlaps(new Extent(offset, buffer.Length)))
                throw new BlockReadException($"{name} cannot be read", bad.Where);
            part.Span.Slice((int)offset, buffer.Length).CopyTo(buffer);
        }

        public void Dispose() { }
    }

    private sealed class Writer : IPartWriter
    {
        private readonly MemoryStore _store;
        private readonly MemoryPart _part;
        private bool _disposed;

        public Writer(MemoryStore store, string name, MemoryPart part)
        {
            if (part.IsBeingWritten) throw new SafetyException($"{name} is in use by another writer");
            (_store, Name, _part) = (store, name, part);
            part.IsBeingWritten = true;
        }

        public string Name { get; }
        public long Length => _part.Length;
        public long DurableBytes => _part.Durable;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            try
            {
                _store.Before?.Invoke("append", Name, bytes.Length);
            }
            catch when (_store.TearsAppends)
            {
                _part.Append(bytes[..(bytes.Length / 2)]);
                throw;
            }
            var room = (_store.SilentLimit ?? long.MaxValue) - _part.Length;
            _part.Append(bytes[..(int)Math.Min(bytes.Length, room)]);
            if (room < bytes.Length) throw new DeviceException($"{Name} cannot grow beyond {_store.SilentLimit} bytes");
        }

        public bool CanHold(long length) => !(length > _store.SilentLimit);

        public void Flush()
        {
            _store.Before?.Invoke("flush", Name, 0);
            _part.Durable = _part.Length;
        }

        public void Cut(long length)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _part.Length);
            ArgumentOutOfRangeException.ThrowIfNegative(length);
            _store.Before?.Invoke("cut", Name, length);
            _part.Truncate(length);
        }

        public void Dispose()
        {
            if (!_disposed) _part.IsBeingWritten = false;
            _disposed = true;
        }
    }
}

public sealed class MemoryPart
{
    private byte[] _bytes;
    private int _length;

    public MemoryPart(byte[]? bytes = null)
    {
        _bytes = bytes ?? new byte[4096];
        _length = bytes?.Length ?? 0;
        Durable = _length;
    }

    public long Length => _length;
    public long Durable { get; set; }

    /// <summary>A writer has it open.</summary>
    public bool IsBeingWritten { get; set; }
    public Span<byte> Span => _bytes.AsSpan(0, _length);
    public byte[] ToArray() => Span.ToArray();

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    public void Truncate(long length)
    {
        _length = (int)Math.Min(_length, length);
        Durable = Math.Min(Durable, _length);
    }
}
