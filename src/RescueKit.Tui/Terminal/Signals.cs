using System.Runtime.InteropServices;

namespace RescueKit.Tui.Terminal;

/// <summary>Signals by Linux's numbers (asm-generic/signal.h), which .NET's names do not promise on every system.</summary>
internal static class Signals
{
    public const PosixSignal Stop = (PosixSignal)20;
    public const PosixSignal WindowChange = (PosixSignal)28;
}
