namespace RescueKit.Disks.Formats;

/// <summary>
/// Disk files of other programs' kinds. Name and first bytes have to agree: a raw disk may begin with anything, and to take it for such a file would
/// save another disk than the one that is there. Sources of the signatures: QEMU's docs/interop/qcow2.txt, VMware's "Virtual Disk Format 5.0",
/// Microsoft's [MS-VHDX] and "Virtual Hard Disk Image Format Specification", VirtualBox's VDICore.h.
/// </summary>
internal static class DiskFormats
{
    private const int VhdFooter = 512;

    private static readonly (string Ending, string Driver, byte[] Signature, int At)[] s_formats =
    [
        (".qcow2", "qcow2", [(byte)'Q', (byte)'F', (byte)'I', 0xfb], 0),
        (".vmdk", "vmdk", "KDMV"u8.ToArray(), 0),
        (".vhdx", "vhdx", "vhdxfile"u8.ToArray(), 0),
        (".vdi", "vdi", [0x7f, 0x10, 0xda, 0xbe], 0x40),
        (".vhd", "vpc", "conectix"u8.ToArray(), 0),
        (".vhd", "vpc", "conectix"u8.ToArray(), -VhdFooter), // of a fixed size: only at the end
    ];

    /// <summary>QEMU's name of what a file is; null for a raw disk, and for anything else.</summary>
    public static string? Of(string path)
    {
        var candidates = s_formats.Where(format => path.EndsWith(format.Ending, StringComparison.OrdinalIgnoreCase)).ToList();
        if (candidates.Count == 0) return null;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            return candidates.Find(format => Has(file, format.Signature, format.At)).Driver;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // opening it as a disk says what is wrong
        }
    }

    private static bool Has(FileStream file, byte[] signature, int at)
    {
        var place = at < 0 ? file.Length + at : at;
        if (place < 0 || place + signature.Length > file.Length) return false;
        var found = new byte[signature.Length];
        file.Position = place;
        file.ReadExactly(found);
        return found.AsSpan().SequenceEqual(signature);
    }
}
