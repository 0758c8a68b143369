using System.Buffers.Binary;
using System.Text;
using RescueKit.Model;

namespace RescueKit.FileSystems.Swap;

/// <summary>
/// Linux swap: the first page is kept with label and UUID, swapped-out pages are dropped. Source: include/linux/swap.h (union
/// swap_header) and the suspend signatures of kernel/power/swap.c, uswsusp and TuxOnIce.
/// </summary>
public sealed class SwapReader : IAllocationReader
{
    private const int SignatureLength = 10;
    private const int HeaderOffset = 1024;
    private const int HeaderLength = 512;
    private const int PaddingOffset = 44;
    private const int MaxPage = 64 << 10;

    public string Family => "swap";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options)
    {
        Span<byte> start = stackalloc byte[HeaderOffset + HeaderLength];
        if (volume.Length < 4096) return null;
        volume.Read(0, start);
        var header = start[HeaderOffset..];
        if (start.StartsWith(TuxOnIce)) return Suspended(header);

        Span<byte> signature = stackalloc byte[SignatureLength];
        for (var page = 4096; page <= MaxPage && page <= volume.Length; page *= 2)
        {
            volume.Read(page - SignatureLength, signature);
            if (IsSuspendSignature(signature)) return Suspended(header);
            if (signature.SequenceEqual("SWAPSPACE2"u8)) return Swap(volume, header, page);
            if (signature.SequenceEqual("SWAP-SPACE"u8))
                return new VolumeContent { Type = "swap", BlockSize = page, WholeReason = "it is swap of the old version 0: taken whole" };
        }
        return null;
    }

    private static ReadOnlySpan<byte> TuxOnIce => [0xED, 0xC3, 0x02, 0xE9, 0x98, 0x56, 0xE5, 0x0C];

    private static bool IsSuspendSignature(ReadOnlySpan<byte> signature) =>
        signature.StartsWith("S1SUSPEND"u8) || signature.StartsWith("S2SUSPEND"u8) || signature.StartsWith("ULSUSPEND"u8)
        || signature.SequenceEqual("LINHIB0001"u8);

    private static VolumeContent Suspended(ReadOnlySpan<byte> header) => new()
    {
        Type = "swap",
        Label = LabelIn(header),
        Uuid = UuidIn(header),
        Hibernated = true,
        Unclean = true,
        WholeReason = "a hibernated system lies in it: taken whole",
    };

    private static VolumeContent Swap(IBlockSource volume, ReadOnlySpan<byte> header, int page)
    {
        var content = new VolumeContent { Type = "swap", Label = LabelIn(header), Uuid = UuidIn(header), BlockSize = page };
        var version = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (version != 1) return content with { WholeReason = $"its swap header has version {version}, and only 1 is known: taken whole" };
        long pages = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) + 1L;
        content = content with { ClaimedLength = pages * page };
        if (pages < 2 || content.ClaimedLength > volume.Length)
            return content with { WholeReason = $"its swap header claims {content.ClaimedLength} bytes and the volume has {volume.Length}: taken whole" };
        var badPages = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        // The list follows the header and ends before the signature, all within the first page.
        if (badPages > (page - HeaderOffset - HeaderLength - SignatureLength) / 4)
            return content with { WholeReason = $"its swap header lists {badPages} bad pages, more than fit: taken whole" };
        if (HoldsMore(volume, header, page, (int)badPages))
            return content with { WholeReason = "its header page holds more than a swap header: taken whole" };
        return content with { Map = new ExtentSetMap(ExtentSet.Of(Extent.FromTo(0, page), Extent.FromTo(content.ClaimedLength, volume.Length))) };
    }

    /// <summary>
    /// mkswap leaves the page zero but for header, bad pages and signature (and boot code before them): anything else was written by
    /// something that has taken the place over and left the signature standing.
    /// </summary>
    private static bool HoldsMore(IBlockSource volume, ReadOnlySpan<byte> header, int page, int badPages)
    {
        if (header[PaddingOffset..].ContainsAnyExcept((byte)0)) return true;
        var rest = new byte[page - SignatureLength - HeaderOffset - HeaderLength];
        volume.Read(HeaderOffset + HeaderLength, rest);
        return rest.AsSpan(badPages * 4).ContainsAnyExcept((byte)0);
    }

    private static string? LabelIn(ReadOnlySpan<byte> header)
    {
        var label = header.Slice(28, 16);
        var end = label.IndexOf((byte)0);
        if (end >= 0) label = label[..end];
        return label.IsEmpty ? null : Encoding.UTF8.GetString(label);
    }

    private static string? UuidIn(ReadOnlySpan<byte> header)
    {
        var uuid = header.Slice(12, 16);
        return uuid.ContainsAnyExcept((byte)0) ? new Guid(uuid, bigEndian: true).ToString() : null;
    }
}
