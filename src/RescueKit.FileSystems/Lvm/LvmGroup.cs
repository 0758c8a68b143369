using RescueKit.Model;

namespace RescueKit.FileSystems.Lvm;

/// <summary>What a volume group's metadata say of one of its physical volumes. Source: lvm2 lib/format_text/import_vsn1.c and lvm.conf's segment types.</summary>
internal sealed class LvmGroup
{
    private const int Sector = 512;

    /// <summary>Of which it is known that nothing but their lists of stripes and mirrors names places on physical volumes.</summary>
    private static readonly string[] KnownTypes =
    [
        "striped", "linear", "mirror", "raid0", "raid0_meta", "raid1", "raid10", "raid10_near", "raid4", "raid5", "raid5_n", "raid5_la", "raid5_ra", "raid5_ls", "raid5_rs", "raid6",
        "raid6_zr", "raid6_nr", "raid6_nc", "raid6_n_6", "raid6_la_6", "raid6_ra_6", "raid6_ls_6", "raid6_rs_6", "snapshot", "thin-pool", "thin", "cache", "cache-pool",
        "writecache", "zero", "error", "vdo", "vdo-pool", "integrity",
    ];

    private readonly LvmSection _group;
    private readonly string _volume;
    private readonly long _start, _extentBytes, _extentCount;

    /// <summary>Of the volume group.</summary>
    public string Name { get; }

    /// <summary>The ids of its physical volumes, with dashes.</summary>
    public IReadOnlyList<string> Members { get; }

    /// <param name="text">A metadata area's.</param>
    /// <param name="id">Of the physical volume, with dashes.</param>
    /// <param name="length">Its bytes.</param>
    /// <exception cref="MalformedException">They contradict themselves, do not know this physical volume, or do not fit it.</exception>
    public LvmGroup(string text, string id, long length)
    {
        (Name, _group) = LvmText.Parse(text).Sections.Where(section => section.Section.Has("physical_volumes")).FirstOrDefault();
        if (_group is null) throw new MalformedException("its metadata are of no volume group");
        var volumes = _group.Section("physical_volumes") ?? throw new MalformedException("its metadata list no physical volumes");
        var (name, own) = volumes.Sections.FirstOrDefault(volume => volume.Section.Text("id") == id);
        if (own is null) throw new MalformedException($"the volume group {Name} does not know it");
        _volume = name;
        Members = [.. volumes.Sections.Select(volume => volume.Section.Text("id") ?? throw new MalformedException($"the volume group {Name} has a physical volume without an id"))];
        _extentBytes = Bytes(_group.Number("extent_size"), "extent size");
        _start = Bytes(own.Number("pe_start"), "start");
        _extentCount = own.Number("pe_count");
        if (_extentBytes == 0 || _extentCount < 0 || _extentCount > (length - _start) / _extentBytes || _start > length)
            throw new MalformedException($"{_extentCount} extents of {_extentBytes} bytes from {_start} do not fit its {length} bytes");
    }

    /// <summary>Where extents begin and end.</summary>
    public Extent Extents => new(_start, _extentCount * _extentBytes);

    /// <summary>The extents that any logical volume has, be it hidden.</summary>
    /// <exception cref="MalformedException">Two have the same, one is out of range, or a segment is of a type that is not known.</exception>
    public ExtentSet Allocated()
    {
        var allocated = new ExtentSetBuilder();
        var total = 0L;
        foreach (var (name, volume) in LogicalVolumes())
        {
            foreach (var segment in Segments(volume))
            {
                if (!KnownTypes.Contains(TypeOf(segment))) throw new MalformedException($"logical volume {Name}/{name} is of type {segment.Text("type")}, which is not known here");
                foreach (var place in PlacesOf(segment, name))
                {
                    allocated.Add(place);
                    total += place.Length;
                }
            }
        }
        var set = allocated.ToSet();
        return set.TotalLength == total ? set : throw new MalformedException($"two logical volumes of {Name} have the same extents");
    }

    /// <summary>
    /// Logical volumes that are nothing but pieces of this physical volume, and nobody else's: an origin of snapshots has in its free space what they still need.
    /// </summary>
    public IEnumerable<NestedVolume> Plain()
    {
        var used = UsedByOthers();
        foreach (var (name, volume) in LogicalVolumes())
        {
            var status = volume.List("status");
            if (!status.Contains("VISIBLE") || status.Contains("LOCKED") || status.Contains("PVMOVE") || used.Contains(name)) continue;
            if (PiecesOf(volume) is { Count: > 0 } pieces) yield return new NestedVolume($"logical volume {Name}/{name}", pieces);
        }
    }

    private List<NestedPiece>? PiecesOf(LvmSection volume)
    {
        var pieces = new List<NestedPiece>();
        var next = 0L;
        foreach (var segment in Segments(volume).OrderBy(segment => segment.Number("start_extent")))
        {
            if (TypeOf(segment) is not ("striped" or "linear")) return null;
            var areas = Areas(segment, "stripes");
            var length = Checked(segment.Number("extent_count"));
            var striping = areas.Count == 1 ? Striping.None : new Striping(areas.Count, Bytes(segment.Number("stripe_size"), "stripe size"));
            if (areas.Count == 0 || areas.Any(area => area.Name != _volume) || Checked(segment.Number("start_extent")) != next) return null;
            if (striping.StripeLength == 0 || length % (striping.Columns * striping.StripeLength) != 0) return null;
            pieces.AddRange(areas.Select((area, column) => new NestedPiece(next, length, new Extent(_start + area.First * _extentBytes, length / areas.Count), striping, column)));
            next += length;
        }
        return pieces;
    }

    /// <summary>What another logical volume names: origins, snapshots' stores, the parts of mirrors, pools and caches.</summary>
    private HashSet<string> UsedByOthers()
    {
        string[] single = ["origin", "cow_store", "merging_store", "external_origin", "thin_pool", "pool", "metadata", "cache_pool", "writecache", "integrity_meta_dev", "data_lv", "mirror_log", "vdo_pool"];
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (_, volume) in LogicalVolumes())
        {
            foreach (var segment in Segments(volume))
            {
                foreach (var key in single) names.UnionWith(segment.List(key).OfType<string>());
                foreach (var key in new[] { "stripes", "mirrors", "raids", "raid0_lvs", "merge" }) names.UnionWith(segment.List(key).OfType<string>());
            }
        }
        return names;
    }

    /// <summary>The places of a segment on this physical volume: each stripe has its share of the extents, each mirror all of them.</summary>
    private IEnumerable<Extent> PlacesOf(LvmSection segment, string name)
    {
        var count = segment.Number("extent_count");
        foreach (var (key, shared) in new[] { ("stripes", true), ("mirrors", false) })
        {
            var areas = Areas(segment, key);
            foreach (var (volume, first) in areas)
            {
                if (volume != _volume) continue;
                var share = shared ? count / areas.Count : count;
                if (first < 0 || share <= 0 || first > _extentCount - share || (shared && count % areas.Count != 0))
                    throw new MalformedException($"{share} extents from {first} of logical volume {Name}/{name} are out of range");
                yield return new Extent(_start + first * _extentBytes, share * _extentBytes);
            }
        }
    }

    private static List<(string Name, long First)> Areas(LvmSection segment, string key)
    {
        var list = segment.List(key);
        if (list.Count % 2 != 0) throw new MalformedException($"its metadata have {key} that are not in pairs");
        var areas = new List<(string, long)>();
        for (var i = 0; i < list.Count; i += 2)
        {
            if (list[i] is not string name || list[i + 1] is not long first) throw new MalformedException($"its metadata have {key} that are not in pairs");
            areas.Add((name, first));
        }
        return areas;
    }

    private IEnumerable<(string Name, LvmSection Section)> LogicalVolumes() => _group.Section("logical_volumes")?.Sections ?? [];

    private static IEnumerable<LvmSection> Segments(LvmSection volume) => volume.Sections.Where(section => section.Name.StartsWith("segment", StringComparison.Ordinal)).Select(section => section.Section);

    /// <summary>A type may have options behind a plus sign.</summary>
    private static string TypeOf(LvmSection segment) => segment.Text("type").Split('+')[0];

    private long Checked(long extents) => extents >= 0 && extents <= long.MaxValue / 2 / _extentBytes
        ? extents * _extentBytes
        : throw new MalformedException($"{extents} extents are out of range");

    private static long Bytes(long sectors, string what) => sectors is >= 0 and <= long.MaxValue / 2 / Sector ? sectors * Sector : throw new MalformedException($"its {what} of {sectors} sectors is out of range");
}
