using RescueKit.Engine.Content;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Reading;
using RescueKit.Engine.Survey;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests;

/// <summary>A dying disk that takes 30 s for each read that fails: the time is bounded, and nobody waits in vain after a cancel.</summary>
public class DyingDiskTimeTests
{
    private const long MiB = 1 << 20;
    private const int ChunkSize = 256 << 10;

    [Fact]
    public void The_limit_counts_the_search_for_the_ends_of_bad_areas_too()
    {
        var clock = new ManualClock();
        var source = new FailingSource(Bench.RandomDisk(64 * MiB), ExtentSet.Empty, clock);
        var content = new SurveyedContent(DiskSurvey.Take(source), ChunkSize, 256 * MiB);
        var deferred = ExtentSet.From(Enumerable.Range(0, 16).Select(i => new Extent(i * 4 * MiB, MiB)));
        source.Bad = deferred;
        using var meter = new ProgressMeter(clock, null, _ => null);
        var lost = new Salvage(content, new NoSink(), TimeSpan.FromMinutes(2), meter, clock).Run(deferred, default);
        Assert.Equal(deferred, lost);
        Assert.Equal(4, source.Failures);
        Assert.Equal(0, meter.ReadBytes);
    }

    [Fact]
    public void What_is_lost_for_want_of_time_is_handed_on_as_zeros()
    {
        var clock = new ManualClock();
        var source = new FailingSource(Bench.RandomDisk(4 * MiB), ExtentSet.Empty, clock);
        var content = new SurveyedContent(DiskSurvey.Take(new LeavingSomething(source)), ChunkSize, 256 * MiB);
        var chunk = new Extent(MiB, ChunkSize);
        source.Bad = ExtentSet.Of(new Extent(MiB + 512, 512));
        using var meter = new ProgressMeter(clock, null, _ => null);
        var sink = new NoSink();
        var lost = new Salvage(content, sink, TimeSpan.FromSeconds(61), meter, clock).Run(ExtentSet.Of(chunk), default);
        Assert.NotEmpty(lost);
        Assert.All(lost, e => Assert.False(sink.Last.AsSpan((int)(e.Offset - chunk.Offset), (int)e.Length).ContainsAnyExcept((byte)0)));
    }

    [Fact]
    public void Edges_that_could_not_be_read_are_not_read_again_and_a_cancel_stops_the_rest()
    {
        var source = new FailingSource(Bench.RandomDisk(8 * MiB), ExtentSet.Of(new Extent(0, 512)));
        var layout = new DiskLayout { Kind = PartitionTableKind.None, SectorSize = 512 };
        var before = MetadataDigest.Of(source, layout);
        Assert.Equal(1, source.Failures);
        var after = before.Again(source, default);
        Assert.Equal(1, source.Failures);
        Assert.Equal(before.Total, after.Total);
        Assert.Null(before.FirstDifference(after));
        var reads = source.Reads;
        Assert.Throws<OperationCanceledException>(() => before.Again(source, new CancellationToken(true)));
        Assert.Equal(reads, source.Reads);
    }

    /// <summary>As a kernel does: what came before the bad sector is in the buffer when the read fails.</summary>
    private sealed class LeavingSomething(FailingSource disk) : IBlockSource
    {
        public string Name => disk.Name;
        public long Length => disk.Length;
        public DiskGeometry Geometry => disk.Geometry;

        public void Read(long offset, Span<byte> buffer)
        {
            buffer[..Math.Min(buffer.Length, 512)].Fill(0xaa);
            disk.Read(offset, buffer);
        }

        public ExtentSet DataIn(Extent window) => disk.DataIn(window);

        public void Dispose() => disk.Dispose();
    }

    private sealed class NoSink : IChunkSink, IChunkSinkWorker
    {
        public byte[] Last { get; private set; } = [];

        public void Begin(ContentRegion region) { }

        public IChunkSinkWorker NewWorker() => this;

        public void Take(ChunkJob job, ReadOnlySpan<byte> content) => Last = content.ToArray();

        public void Accept(ChunkJob job) { }

        public void Abandon(ChunkJob job) { }

        public void End(ContentRegion region, ExtentSet unreadable) { }

        public void Dispose() { }
    }
}
