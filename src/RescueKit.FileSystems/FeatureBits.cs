using System.Numerics;

namespace RescueKit.FileSystems;

/// <summary>Names feature bits for a person.</summary>
internal static class FeatureBits
{
    /// <summary>The lowest of some bits, for example "incompatible feature meta_bg (bit 0x10)"; null where there is none.</summary>
    /// <param name="names">By bit; a bit without one is named by its value alone.</param>
    public static string? First(ulong bits, ReadOnlySpan<string?> names, string kind)
    {
        if (bits == 0) return null;
        var bit = BitOperations.TrailingZeroCount(bits);
        var name = bit < names.Length ? names[bit] : null;
        return $"{kind} feature {(name is null ? "" : name + " ")}(bit 0x{1UL << bit:X})";
    }
}
