using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>Features that a reader must know to read an image at all. Bits are part of the image format.</summary>
[Flags]
internal enum IncompatibleFeatures : ulong
{
    None = 0,
    Encrypted = 1 << 0,
    Lz4 = 1 << 1,
    Zstd = 1 << 2,
    Parent = 1 << 3,
}

/// <summary>Features that a reader may ignore.</summary>
[Flags]
internal enum CompatibleFeatures : ulong
{
    None = 0,
    /// <summary>Each part ends with a page of the region that was under way.</summary>
    Checkpoints = 1 << 0,
}

internal static class Features
{
    private static readonly string[] Names = ["encrypted", "lz4", "zstd", "parent"];

    /// <exception cref="ImageUnsupportedException">A bit is set that this program does not know.</exception>
    public static void RefuseUnknown(ulong incompatible, string name)
    {
        var unknown = incompatible >> Names.Length;
        if (unknown == 0) return;
        var bits = Enumerable.Range(0, 64).Where(bit => (incompatible >> bit & 1) != 0).ToList();
        var list = string.Join(", ", bits.Select(bit => bit < Names.Length ? Names[bit] : $"bit {bit} (unknown)"));
        throw new ImageUnsupportedException($"{name} needs features that this version does not have: {list}", "use a newer RescueKit");
    }
}
