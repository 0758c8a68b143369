using System.Runtime.InteropServices;
using System.Text;
using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Formats;

/// <summary>The disk in a file of another program's kind: qemu-nbd(8) reads it, and is read from through libnbd(3). Requests go one after the other.</summary>
internal sealed unsafe class ForeignDisk : IBlockSource, IChangeWitness
{
    /// <summary>Of one request, bytes (NBD's doc/proto.md, "Block size constraints": what every server takes).</summary>
    private const int LargestRequest = 32 << 20;

    /// <summary>Of one question for data, bytes: its length is a number of 32 bits.</summary>
    private const long LargestWindow = 1L << 30;

    private const uint ZeroState = 2;

    private const int Sector = 512;

    private const int InputOutputError = 5;

    private readonly IBlockSource _file;
    private readonly Lock _lock = new();
    private nint _handle;

    /// <param name="file">The file itself, held as long as this is open; this one's to dispose of.</param>
    /// <param name="driver">QEMU's name of its kind.</param>
    /// <exception cref="DeviceException">It cannot be read, or the programs for that are missing.</exception>
    public ForeignDisk(IBlockSource file, string path, string driver)
    {
        (_file, Name) = (file, path);
        try
        {
            _handle = LibNbd.Create();
            if (_handle == 0 || LibNbd.AddMetaContext(_handle, "base:allocation") != 0) throw Failed("prepare to read");
            Connect(["qemu-nbd", "--read-only", "--format", driver, Path.GetFullPath(path)]);
            Length = LibNbd.Size(_handle);
            if (Length < 0) throw Failed("ask for the size of");
            Geometry = new DiskGeometry(512, 4096, new DiskIdentity("file", Model: $"{driver} file")) { SectorSizeIsGuess = true };
        }
        catch (DllNotFoundException e)
        {
            throw new DeviceException($"{path} is a {driver} file, and libnbd, which reads it, is not on this system", "install it: apt install libnbd0 qemu-utils", e);
        }
        catch
        {
            Close();
            throw;
        }
    }

    public string Name { get; }
    public long Length { get; }
    public DiskGeometry Geometry { get; }
    public string? ChangeMark => (_file as IChangeWitness)?.ChangeMark;

    public void Read(long offset, Span<byte> buffer)
    {
        CheckRange(offset, buffer.Length);
        var (start, end) = (offset / Sector * Sector, (offset + buffer.Length + Sector - 1) / Sector * Sector);
        if (end - start != buffer.Length && end <= Length)
        {
            // Some kinds are read in whole sectors only.
            var sectors = new byte[end - start];
            Read(start, sectors);
            sectors.AsSpan((int)(offset - start), buffer.Length).CopyTo(buffer);
            return;
        }
        while (!buffer.IsEmpty)
        {
            var part = buffer[..Math.Min(buffer.Length, LargestRequest)];
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_handle == 0, this);
                fixed (byte* memory = part)
                {
                    if (LibNbd.Read(_handle, memory, (nuint)part.Length, (ulong)offset, 0) != 0)
                        throw ReadFailed(new Extent(offset, part.Length));
                }
            }
            buffer = buffer[part.Length..];
            offset += part.Length;
        }
    }

    public ExtentSet DataIn(Extent window)
    {
        CheckRange(window.Offset, window.Length);
        var data = new ExtentSetBuilder();
        for (var at = window.Offset; at < window.End;) at = AddData(Extent.FromTo(at, Math.Min(window.End, at + LargestWindow)), data);
        return data.ToSet();
    }

    public void Dispose()
    {
        Close();
        _file.Dispose();
    }

    /// <returns>Up to where the answer goes.</returns>
    private long AddData(Extent window, ExtentSetBuilder data)
    {
        var answer = new Answer { At = window.Offset };
        var given = GCHandle.Alloc(answer);
        try
        {
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_handle == 0, this);
                var callback = new LibNbd.ExtentCallback { Call = &Collect, UserData = GCHandle.ToIntPtr(given) };
                if (LibNbd.BlockStatus(_handle, (ulong)window.Length, (ulong)window.Offset, callback, 0) != 0 || answer.At == window.Offset)
                {
                    data.Add(window); // reading it says what is wrong
                    return window.End;
                }
            }
        }
        finally
        {
            given.Free();
        }
        foreach (var extent in answer.Data) data.Add(extent.Intersect(window));
        return Math.Min(answer.At, window.End);
    }

    [UnmanagedCallersOnly]
    private static int Collect(nint userData, nint context, ulong offset, uint* entries, nuint count, int* error)
    {
        var answer = (Answer)GCHandle.FromIntPtr(userData).Target!;
        for (nuint i = 0; i + 1 < count; i += 2)
        {
            if ((entries[i + 1] & ZeroState) == 0) answer.Data.Add(new Extent(answer.At, entries[i]));
            answer.At += entries[i];
        }
        return 0;
    }

    private void Connect(IReadOnlyList<string> arguments)
    {
        var texts = arguments.Select(argument => Encoding.UTF8.GetBytes(argument + '\0')).ToArray();
        var pins = Array.ConvertAll(texts, text => GCHandle.Alloc(text, GCHandleType.Pinned));
        try
        {
            var pointers = stackalloc byte*[texts.Length + 1];
            for (var i = 0; i < texts.Length; i++) pointers[i] = (byte*)pins[i].AddrOfPinnedObject();
            pointers[texts.Length] = null;
            if (LibNbd.ConnectActivated(_handle, pointers) != 0) throw Failed("read", "it may be damaged, or qemu-nbd is missing: apt install qemu-utils");
        }
        finally
        {
            foreach (var pin in pins) pin.Free();
        }
    }

    private void Close()
    {
        lock (_lock)
        {
            if (_handle != 0) LibNbd.Close(_handle);
            _handle = 0;
        }
    }

    private void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{length} bytes do not lie inside the {Length} bytes of {Name}");
    }

    /// <summary>qemu-nbd says that it cannot read there; anything else says that it is gone, which must not pass for bad sectors.</summary>
    private DeviceException ReadFailed(Extent range)
    {
        var (errno, message) = (LibNbd.ErrorNumber(), $"{Name} cannot be read at {range.Offset}: {LibNbd.Error}");
        return errno == InputOutputError ? new BlockReadException(message, range) : new DeviceGoneException(message);
    }

    private DeviceException Failed(string what, string? remedy = null) => new($"cannot {what} {Name}: {LibNbd.Error}", remedy);

    private sealed class Answer
    {
        public long At { get; set; }
        public List<Extent> Data { get; } = [];
    }
}
