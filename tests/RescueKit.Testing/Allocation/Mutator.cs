using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.Testing.Allocation;

/// <summary>Damages chosen structures the way that finds parser faults: valid surroundings, single bad fields.</summary>
public sealed class Mutator(IBlockSource image, IReadOnlyList<Extent> metadata, Random random)
{
    private static readonly ulong[] Boundaries =
        [0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, ulong.MaxValue];

    /// <summary>Lays one to four changes over the image; returns what was done, for messages.</summary>
    public string Mutate(OverlaySource overlay)
    {
        var done = new List<string>();
        var changes = 1 + (random.Next(3) == 0 ? random.Next(4) : 0);
        for (var i = 0; i < changes; i++) done.Add(One(overlay));
        return string.Join("; ", done);
    }

    private string One(OverlaySource overlay)
    {
        var extent = metadata[random.Next(metadata.Count)];
        var width = 1 << random.Next(4);
        // Fields sit at multiples of their size; one in eight goes anywhere.
        var at = extent.Offset + random.NextInt64(extent.Length);
        if (random.Next(8) != 0) at -= at % width;
        width = (int)Math.Min(width, image.Length - at);
        var bytes = new byte[width];
        overlay.Read(at, bytes);
        var what = Change(bytes, overlay);
        overlay.Patch(at, bytes);
        return $"{what} of {width} bytes at {at} -> {Convert.ToHexString(bytes)}";
    }

    private string Change(Span<byte> bytes, OverlaySource overlay)
    {
        switch (random.Next(7))
        {
            case 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return "bit flip";
            case 1:
                bytes.Clear();
                return "zeros";
            case 2:
                bytes.Fill(0xFF);
                return "ones";
            case 3:
                Put(bytes, Boundaries[random.Next(Boundaries.Length)]);
                return "boundary value";
            case 4:
                Put(bytes, Get(bytes) + (ulong)(random.Next(2) == 0 ? 1 : -1));
                return "off by one";
            case 5:
                var other = metadata[random.Next(metadata.Count)];
                overlay.Read(other.Offset + random.NextInt64(Math.Max(1, other.Length - bytes.Length)), bytes);
                return "other field";
            default:
                random.NextBytes(bytes);
                return "random";
        }
    }

    private static ulong Get(ReadOnlySpan<byte> bytes)
    {
        Span<byte> whole = stackalloc byte[8];
        whole.Clear();
        bytes.CopyTo(whole);
        return BinaryPrimitives.ReadUInt64LittleEndian(whole);
    }

    private static void Put(Span<byte> bytes, ulong value)
    {
        Span<byte> whole = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(whole, value);
        whole[..bytes.Length].CopyTo(bytes);
    }
}
