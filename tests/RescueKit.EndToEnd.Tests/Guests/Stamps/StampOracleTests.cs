namespace RescueKit.EndToEnd.Tests.Guests.Stamps;

/// <summary>The oracle accepts every state that was there and nothing else.</summary>
public sealed class StampOracleTests
{
    private const int Sectors = 8;

    /// <summary>Two writers, of whose writes the second's each begin when the first's have ended; to both volumes in turn.</summary>
    private static StampHistory[] Histories()
    {
        var histories = new[] { new StampHistory(1, Sectors), new StampHistory(2, Sectors) };
        foreach (var history in histories)
        {
            history.GoOn($"1 1 0 {Sectors} 0 1\n2 2 0 {Sectors} 1 2\n");
            history.GoOn(string.Concat(Enumerable.Range(0, 6).Select(i => $"{10 + i} {1 + i % 2} {i} 2 {100 * i + 10 * history.Writer} {100 * i + 10 * history.Writer + 5}\n")));
        }
        return histories;
    }

    private static byte[] Content(StampHistory history, int volume, long sequence)
    {
        var bytes = new byte[Sectors * Stamp.Length];
        var state = history.At(sequence)[volume - 1];
        for (var i = 0; i < Sectors; i++) Sector(bytes, i, new Stamp(history.Writer, volume, state[i]!.Sequence, i, state[i]!.Begun));
        return bytes;
    }

    private static void Sector(byte[] bytes, int index, Stamp stamp) => stamp.Format(bytes.AsSpan(index * Stamp.Length, Stamp.Length));

    private static StampOracle Judge(StampHistory[] histories, long[] last, Action<int, int, byte[]>? change = null, long began = 0, long ended = 1000) => StampOracle.Judge(
        histories,
        (writer, volume) =>
        {
            var bytes = Content(histories[writer - 1], volume, last[writer - 1]);
            change?.Invoke(writer, volume, bytes);
            return bytes;
        },
        began,
        ended);

    [Theory]
    [InlineData(2, 2)]
    [InlineData(12, 12)]
    [InlineData(13, 12)]
    public void One_instant_is_accepted(long first, long second) => Assert.Empty(Judge(Histories(), [first, second]).Faults);

    [Theory]
    [InlineData(14, 12)]
    [InlineData(12, 13)]
    public void Writers_at_different_instants_are_rejected(long first, long second) =>
        Assert.Contains("after one ended that is missing", Assert.Single(Judge(Histories(), [first, second]).Faults), StringComparison.Ordinal);

    [Fact]
    public void Volumes_at_different_instants_are_rejected()
    {
        var histories = Histories();
        var mixed = StampOracle.Judge(histories, (writer, volume) => Content(histories[writer - 1], volume, volume == 1 ? 10 : 13), 0, 1000);
        Assert.NotEmpty(mixed.Faults);
    }

    [Fact]
    public void A_sector_that_is_older_than_the_rest_is_rejected() => Assert.Contains("sector 2: write 1 where", Assert.Single(Judge(
        Histories(), [13, 12], (writer, volume, bytes) =>
        {
            if ((writer, volume) == (1, 1)) Sector(bytes, 2, new Stamp(1, 1, 1, 2, 0));
        }).Faults), StringComparison.Ordinal);

    [Theory]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(511)]
    public void A_sector_that_is_torn_is_rejected(int at) => Assert.Contains("no stamp", Assert.Single(Judge(
        Histories(), [13, 12], (writer, volume, bytes) => bytes[3 * Stamp.Length + at] ^= (byte)(writer == 1 && volume == 2 ? 1 : 0)).Faults), StringComparison.Ordinal);

    [Fact]
    public void What_is_there_must_have_been_written_by_then_and_nothing_from_before_be_missing()
    {
        Assert.Contains("after the snapshot had been taken", Assert.Single(Judge(Histories(), [13, 12], ended: 250).Faults), StringComparison.Ordinal);
        Assert.Contains("before the snapshot was asked for", Assert.Single(Judge(Histories(), [13, 12], began: 500).Faults), StringComparison.Ordinal);
        Assert.Contains("proves nothing", Assert.Single(Judge(Histories(), [15, 14]).Faults), StringComparison.Ordinal);
    }
}
