using Microsoft.Win32.SafeHandles;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Tests.Fakes;

/// <summary>A kernel that writes down what it is asked between freeze and thaw, and does nothing.</summary>
internal sealed class FakeFreezeCalls
{
    private readonly Dictionary<SafeFileHandle, string> _points = [];

    public FakeFreezeCalls() => Calls = new FreezeCalls(Open, Control, Fire);

    public FreezeCalls Calls { get; }

    public List<string> Asked { get; } = [];

    /// <summary>Called with each line of <see cref="Asked"/>, before the call ends.</summary>
    public Action<string> Meanwhile { get; set; } = _ => { };

    private SafeFileHandle Open(string point)
    {
        var root = Kernel.OpenMemory("root")!;
        _points[root] = point;
        return root;
    }

    /// <summary>Of a request the kernel looks at 32 bits.</summary>
    private int Control(SafeFileHandle root, nuint request) => _points.TryGetValue(root, out var point) ? Ask($"{((uint)request == (uint)Kernel.Freeze ? "freeze" : "thaw")} {point}") : 0;

    private int Fire(DmRequest request) =>
        request.Command == DmCommand.Suspend ? Ask($"{(request.Flags.HasFlag(DmFlags.Suspend) ? "suspend" : "resume")} {request.Device.Name}") : 0;

    private int Ask(string what)
    {
        Asked.Add(what);
        Meanwhile(what);
        return 0;
    }
}
