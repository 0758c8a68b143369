using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>What packs images, by their first bytes; the program that packed unpacks.</summary>
internal static class Compression
{
    private const string LongRange = "lrzip";

    private static readonly (byte[] Begins, string[] Programs, string[] Arguments)[] s_kinds =
    [
        ([0x1f, 0x8b], ["pigz", "gzip"], ["-dc"]),
        ("BZh"u8.ToArray(), ["bzip2"], ["-dc"]),
        ([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], ["xz"], ["-dc"]),
        ([0x5d, 0, 0], ["xz"], ["--format=lzma", "-dc"]),
        ("LZIP"u8.ToArray(), ["plzip", "lzip"], ["-dc"]),
        ([0x04, 0x22, 0x4d, 0x18], ["lz4"], ["-dc"]),
        ([0x28, 0xb5, 0x2f, 0xfd], ["zstd"], ["-dc"]),
        ([0x89, (byte)'L', (byte)'Z', (byte)'O', 0], ["lzop"], ["-dc"]),
        ("LRZI"u8.ToArray(), [LongRange], []),
    ];

    /// <summary>How files that begin with these bytes are unpacked; null for files that are not packed.</summary>
    /// <param name="name">Of the first file, for messages.</param>
    /// <exception cref="ImageUnsupportedException">They cannot be unpacked as they pass by.</exception>
    public static ToolCall? Of(ReadOnlySpan<byte> first, string name, IToolRunner tools)
    {
        foreach (var (begins, programs, arguments) in s_kinds)
        {
            if (!first.StartsWith(begins)) continue;
            if (programs[0] == LongRange) throw new ImageUnsupportedException($"{name} is packed by lrzip, which cannot unpack it as it passes by", "unpack it first: lrzip -d FILE");
            return new ToolCall(Array.Find(programs, tools.Has) ?? programs[^1], arguments);
        }
        return null;
    }
}
