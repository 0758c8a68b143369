using System.Globalization;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>How many processors emulated machines have.</summary>
internal static class GuestProcessors
{
    /// <summary>
    /// Two of them keep two of this machine's cores busy where one does nearly the same with one, so that in the core tier another test can run beside it; in the wide run
    /// they have two, as real machines do. QEMU 7.2's NVMe disk now and then stops answering a guest with one.
    /// </summary>
    public static string Count(bool hasNvme) => (TestScale.IsWide || hasNvme ? 2 : 1).ToString(CultureInfo.InvariantCulture);
}
