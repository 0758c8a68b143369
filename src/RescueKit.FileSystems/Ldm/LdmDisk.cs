using RescueKit.Model;

namespace RescueKit.FileSystems.Ldm;

/// <summary>
/// A disk of Windows' Logical Disk Manager ("dynamic disk"): the entries of its partition table are a cover, and its volumes may lie anywhere in them, in
/// pieces, and on other disks.
/// </summary>
public sealed class LdmDisk
{
    /// <summary>As partition tables call what it has: of an MBR, and the data of a GPT disk.</summary>
    private static readonly string[] s_types = ["0x42", "af9b60a0-1431-4f62-bc68-3311714a69ad"];

    private LdmDisk(IReadOnlyList<Extent> places, IReadOnlyList<NestedVolume> volumes) => (Places, Volumes) = (places, volumes);

    /// <summary>Where volumes lie on the disk, those too that it has only a part of; in order, disjoint. Bytes of the disk.</summary>
    public IReadOnlyList<Extent> Places { get; }

    /// <summary>Volumes that are nothing but places of this disk, one behind the other. Bytes of the disk.</summary>
    public IReadOnlyList<NestedVolume> Volumes { get; }

    /// <summary>Whether a partition is one of those that hide its volumes.</summary>
    public static bool IsCover(Partition partition) => s_types.Contains(partition.Type);

    /// <exception cref="MalformedException">Its database is damaged, contradicts itself, or is in no state to be relied on.</exception>
    /// <exception cref="BlockReadException">It could not be read.</exception>
    public static LdmDisk Read(IBlockSource disk, DiskLayout layout)
    {
        var database = LdmDatabase.Read(disk, layout);
        var own = database.DiskId;
        var places = database.Partitions.Where(p => p.DiskId == own).Select(p => PlaceOf(p, database.Header, disk.Length, layout.SectorSize)).OrderBy(place => place.Offset).ToList();
        for (var i = 1; i < places.Count; i++)
        {
            if (places[i].Offset < places[i - 1].End) throw new MalformedException("two volumes have the same sectors");
        }
        var components = database.Components.ToLookup(c => c.VolumeId);
        var partitions = database.Partitions.ToLookup(p => p.ComponentId);
        return new LdmDisk(places,
        [
            .. database.Volumes.Select(volume => Whole(volume, [.. components[volume.Id]], partitions, database.Header, own, disk.Length, layout.SectorSize)).OfType<NestedVolume>(),
        ]);
    }

    /// <summary>A volume of which all is on this disk; null for others.</summary>
    /// <param name="components">Of the volume.</param>
    /// <param name="partitions">Of the group, by the component that they belong to.</param>
    private static NestedVolume? Whole(
        LdmVolume volume, LdmComponent[] components, ILookup<ulong, LdmPartition> partitions, LdmDatabase.PrivateHeader header, ulong disk, long length, int sector)
    {
        if (volume.Kind != LdmVolume.Plain || volume.ComponentCount != 1) return null;
        if (components is not [{ Kind: LdmComponent.Spanned } component]) return null;
        var parts = partitions[component.Id].OrderBy(p => p.VolumeOffset).ToList();
        if ((ulong)parts.Count != component.PartitionCount || parts.Any(p => p.DiskId != disk)) return null;
        var pieces = new List<NestedPiece>();
        foreach (var part in parts)
        {
            var address = pieces.Count == 0 ? 0 : pieces[^1].End;
            if (part.VolumeOffset != (ulong)(address / sector)) return null;
            var place = PlaceOf(part, header, length, sector);
            pieces.Add(new NestedPiece(address, place.Length, place, Striping.None, 0));
        }
        return pieces.Count > 0 && (ulong)(pieces[^1].End / sector) == volume.Sectors ? new NestedVolume($"dynamic volume {volume.Name}", pieces) : null;
    }

    private static Extent PlaceOf(LdmPartition part, LdmDatabase.PrivateHeader header, long length, int sector)
    {
        var sectors = (ulong)(length / sector);
        var fits = part.Sectors > 0 && header.Start <= sectors && header.Sectors <= sectors - header.Start && part.Start <= header.Sectors && part.Sectors <= header.Sectors - part.Start;
        return fits
            ? new Extent((long)(header.Start + part.Start) * sector, (long)part.Sectors * sector)
            : throw new MalformedException($"its database has {part.Sectors} sectors from {part.Start} on, which the disk does not have");
    }
}
