using Microsoft.Win32.SafeHandles;
using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Freezing;

/// <summary>
/// What of the kernel freezing and thawing use. Delegates, which are called without anything being looked up: that could need memory while a
/// volume is suspended.
/// </summary>
/// <param name="Open">A file system by its mount point; null where there is none.</param>
/// <param name="Control">Freezes or thaws it: 0, or the error number.</param>
/// <param name="Fire">Sends a request to the device mapper: 0, or the error number.</param>
internal sealed record FreezeCalls(Func<string, SafeFileHandle?> Open, Func<SafeFileHandle, nuint, int> Control, Func<DmRequest, int> Fire) : IDisposable
{
    private const string Mapper = "/dev/mapper/control";

    private SafeFileHandle? _mapper;

    /// <exception cref="SnapshotException">There is no device mapper.</exception>
    public static FreezeCalls OfKernel()
    {
        var mapper = Kernel.Open(Mapper, Kernel.ReadWrite) ?? throw CannotOpen(Mapper);
        return new FreezeCalls(point => Kernel.Open(point, Kernel.ReadOnly | Kernel.Directory), Call, request => DmControl.Fire(mapper, request)) { _mapper = mapper };
    }

    /// <summary>After a call that failed just now.</summary>
    public static SnapshotException CannotOpen(string path) => new($"{path} cannot be opened: {Kernel.Reason(Kernel.LastError)}");

    public void Dispose() => _mapper?.Dispose();

    private static unsafe int Call(SafeFileHandle file, nuint request)
    {
        var nothing = 0;
        return Kernel.Control(file, request, &nothing) == 0 ? 0 : Kernel.LastError;
    }
}
