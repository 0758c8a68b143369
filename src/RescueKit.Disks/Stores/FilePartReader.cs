using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Stores;

/// <summary>One part, read at positions. The length is looked up anew past the known end: the part may be growing.</summary>
internal sealed class FilePartReader(SafeFileHandle file, string path, string name, long length) : IPartReader
{
    private long _length = length;

    public string Name { get; } = name;
    public long Length => Interlocked.Read(ref _length);

    public void Read(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset > Length - buffer.Length)
        {
            if (LibC.Stat(file) is { } status) Interlocked.Exchange(ref _length, status.Length);
            if (offset < 0 || offset > Length - buffer.Length)
                throw new ImageDamagedException($"{path} ends at {Length}; {buffer.Length} bytes were wanted at {offset}",
                    "The part was cut short: copy it again from where it came.");
        }
        PosixIo.Read(file, path, offset, buffer);
    }

    public void Dispose() => file.Dispose();
}
