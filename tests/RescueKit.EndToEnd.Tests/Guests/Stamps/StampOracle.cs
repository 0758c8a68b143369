namespace RescueKit.EndToEnd.Tests.Guests.Stamps;

/// <summary>
/// Whether what two volumes hold is one instant of their history. Each writer makes one write after another, to both volumes in turn, so that
/// its part must be what its first writes up to some one left, not one less and not one more; and there must be an instant for all writers at which the last write
/// that is there had begun and the first that is not there had not ended.
/// </summary>
internal sealed class StampOracle
{
    private readonly List<string> _faults = [];
    private long _notBefore = long.MinValue, _notAfter = long.MaxValue;

    /// <summary>Empty: it is one instant. Only the first few are told.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>How many writes of this backup's time are there.</summary>
    public int Included { get; private set; }

    /// <param name="content">The bytes of a writer's file on volume 1 or 2.</param>
    /// <param name="began">The snapshot was asked for at this time, and was there by <paramref name="ended"/>.</param>
    public static StampOracle Judge(IEnumerable<StampHistory> writers, Func<int, int, byte[]> content, long began, long ended)
    {
        var oracle = new StampOracle();
        foreach (var history in writers) oracle.Look(history, [content(history.Writer, 1), content(history.Writer, 2)]);
        if (oracle._notBefore > oracle._notAfter) oracle.Add($"there is a write that began {(oracle._notBefore - oracle._notAfter) / 1000} us after one ended that is missing");
        if (oracle._notBefore > ended) oracle.Add("there is a write that began after the snapshot had been taken");
        if (oracle._notAfter < began) oracle.Add("a write is missing that had ended before the snapshot was asked for");
        return oracle;
    }

    private void Look(StampHistory history, byte[][] volumes)
    {
        var stamps = volumes.Select((bytes, i) => Stamps(history, i + 1, bytes)).ToArray();
        if (Array.Exists(stamps, volume => volume.Count != history.Sectors)) return;
        var last = stamps.Max(volume => volume.Max(stamp => stamp.Sequence));
        var expected = history.At(last);
        for (var volume = 0; volume < stamps.Length; volume++)
        {
            for (var sector = 0; sector < history.Sectors; sector++) Compare(stamps[volume][sector], expected[volume][sector]!, last);
        }
        var there = history.Writes.Where(write => write.Sequence <= last).ToList();
        Included += there.Count;
        if (there.Count > 0) _notBefore = Math.Max(_notBefore, there[^1].Begun);
        if (there.Count == history.Writes.Count) Add($"writer {history.Writer} wrote nothing after the snapshot: this proves nothing");
        else _notAfter = Math.Min(_notAfter, history.Writes[there.Count].Ended);
    }

    private List<Stamp> Stamps(StampHistory history, int volume, byte[] bytes)
    {
        var found = new List<Stamp>();
        if (bytes.Length != history.Sectors * Stamp.Length) Add($"writer {history.Writer}'s file on volume {volume} has {bytes.Length} bytes");
        for (var sector = 0; (sector + 1) * Stamp.Length <= bytes.Length; sector++)
        {
            if (Stamp.Parse(bytes.AsSpan(sector * Stamp.Length, Stamp.Length)) is not { } stamp) Add($"volume {volume}, sector {sector}: no stamp of one write");
            else if ((stamp.Writer, stamp.Volume, stamp.Sector) != (history.Writer, volume, sector)) Add($"volume {volume}, sector {sector}: belongs elsewhere: {stamp}");
            else found.Add(stamp);
        }
        return found;
    }

    private void Compare(Stamp found, StampWrite expected, long last)
    {
        if (found.Sequence == expected.Sequence && found.Time == expected.Begun) return;
        Add($"writer {found.Writer}, volume {found.Volume}, sector {found.Sector}: write {found.Sequence} where after write {last} there must be {expected.Sequence}");
    }

    private void Add(string fault)
    {
        if (_faults.Count < 10) _faults.Add(fault);
    }
}
