using System.Globalization;

namespace RescueKit.EndToEnd.Tests.Guests.Stamps;

/// <summary>One write as its writer wrote it down; it was in the kernel's hands from Begun to Ended.</summary>
internal sealed record StampWrite(long Sequence, int Volume, int Sector, int Count, long Begun, long Ended);

/// <summary>All that one writer has written, in its order: what was there before the backup, and what came since.</summary>
/// <param name="sectors">Of its file on each of the two volumes.</param>
internal sealed class StampHistory(int writer, int sectors)
{
    private readonly StampWrite?[][] _before = [new StampWrite?[sectors], new StampWrite?[sectors]];

    public int Writer => writer;
    public int Sectors => sectors;
    public IReadOnlyList<StampWrite> Writes { get; private set; } = [];

    /// <summary>A new log begins; the one before is what was there before.</summary>
    public void GoOn(string log)
    {
        foreach (var write in Writes) Apply(_before, write);
        Writes = [.. log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    /// <summary>The last write to each sector of each volume, after all writes up to one.</summary>
    public StampWrite?[][] At(long sequence)
    {
        var state = _before.Select(volume => volume.ToArray()).ToArray();
        foreach (var write in Writes.TakeWhile(write => write.Sequence <= sequence)) Apply(state, write);
        return state;
    }

    private static void Apply(StampWrite?[][] state, StampWrite write) => Array.Fill(state[write.Volume - 1], write, write.Sector, write.Count);

    private static StampWrite Parse(string line)
    {
        var numbers = line.Split(' ').Select(number => long.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        return new StampWrite(numbers[0], (int)numbers[1], (int)numbers[2], (int)numbers[3], numbers[4], numbers[5]);
    }
}
