namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>What kernels are told that QEMU starts without a boot loader.</summary>
internal static class GuestKernelWords
{
    /// <summary>
    /// A kernel takes the timer of an emulator that waits for a busy machine's processor for a broken one, and panics ("IO-APIC + timer doesn't work"). Source: Linux,
    /// arch/x86/kernel/apic/io_apic.c, timer_irq_works().
    /// </summary>
    public const string Emulated = "console=ttyS0 no_timer_check";
}
