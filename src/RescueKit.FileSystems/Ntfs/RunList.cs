using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>Clusters that follow each other in a file and on the volume.</summary>
/// <param name="Vcn">First cluster, counted in the file.</param>
/// <param name="Lcn">First cluster, counted on the volume; <see cref="Hole"/> for a hole.</param>
internal readonly record struct ClusterRun(long Vcn, long Lcn, long Length)
{
    public const long Hole = -1;
    public long End => Vcn + Length;
}

/// <summary>Decodes mapping pairs (Linux-NTFS documentation, "Data runs").</summary>
internal static class RunList
{
    /// <summary>Runs of one file that are held in memory at most (24 MiB).</summary>
    public const int MaxRuns = 1 << 20;

    /// <summary>Clusters of one file, holes included. NTFS stops at 2^32; with clusters of 2 MiB this many are 2^62 bytes.</summary>
    private const long MaxClusters = 1L << 41;

    /// <summary>Appends the runs of one attribute part to <paramref name="runs"/>.</summary>
    /// <param name="clusterCount">Clusters of the volume: no run may pass it.</param>
    /// <exception cref="MalformedException">A run outside the volume, or a sum that is not what the attribute says.</exception>
    public static void Decode(NtfsAttribute attribute, long clusterCount, List<ClusterRun> runs, string owner)
    {
        var pairs = attribute.MappingPairs.Span;
        long vcn = attribute.LowestVcn, lcn = 0;
        while (!pairs.IsEmpty && pairs[0] != 0)
        {
            int lengthBytes = pairs[0] & 0xF, offsetBytes = pairs[0] >> 4;
            if (lengthBytes is < 1 or > 8 || offsetBytes > 8 || 1 + lengthBytes + offsetBytes > pairs.Length)
                throw new MalformedException($"the run list of {owner} cannot be decoded");
            var length = Signed(pairs.Slice(1, lengthBytes));
            var start = ClusterRun.Hole;
            if (offsetBytes > 0)
            {
                // Both are within ±2^63 and a valid sum is far below: overflow wraps to something that the check refuses.
                lcn = unchecked(lcn + Signed(pairs.Slice(1 + lengthBytes, offsetBytes)));
                start = lcn;
                if (lcn < 0 || lcn >= clusterCount || length > clusterCount - lcn)
                    throw new MalformedException($"the run list of {owner} points outside the volume ({length} clusters at {lcn})");
            }
            if (length <= 0 || length > MaxClusters - vcn) throw new MalformedException($"the run list of {owner} has a run of {length} clusters");
            if (runs.Count == MaxRuns) throw new MalformedException($"{owner} has more than {MaxRuns} fragments");
            runs.Add(new ClusterRun(vcn, start, length));
            vcn += length;
            pairs = pairs[(1 + lengthBytes + offsetBytes)..];
        }
        if (vcn - 1 != attribute.HighestVcn)
            throw new MalformedException($"the run list of {owner} ends at cluster {vcn - 1}, not at {attribute.HighestVcn}");
    }

    private static long Signed(ReadOnlySpan<byte> bytes)
    {
        long value = (sbyte)bytes[^1];
        for (var i = bytes.Length - 2; i >= 0; i--) value = value << 8 | bytes[i];
        return value;
    }
}
