using RescueKit.Model;

namespace RescueKit.Testing.Allocation;

/// <summary>A volume with a file system that the reader must give a map for.</summary>
/// <param name="Open">Opens it anew; the caller disposes it.</param>
public sealed record AllocationFixture(string Name, Func<IBlockSource> Open)
{
    public override string ToString() => Name;
}

/// <summary>What every <see cref="IAllocationReader"/> must do; each reader's tests inherit it and give the volumes.</summary>
public abstract class AllocationReaderContract
{
    private const long Mebi = 1 << 20;
    private static readonly AllocationOptions Options = new();

    protected abstract IAllocationReader Reader { get; }

    /// <summary>Clean volumes of this family, of all its kinds: each must give a map.</summary>
    protected abstract IReadOnlyList<AllocationFixture> Fixtures { get; }

    /// <summary>False where the structures name no size of their own.</summary>
    protected virtual bool ClaimsItsSize => true;

    [Fact]
    public void Windows_of_every_size_agree_with_the_whole()
    {
        ForEach((fixture, volume, content, whole) =>
        {
            var map = content.Map!;
            var random = new Random(7);
            if (volume.Length <= 1L << 30)
            {
                var union = new ExtentSetBuilder();
                for (var at = 0L; at < volume.Length; at += Mebi)
                    union.Add(MapAssert.Checked(map, Extent.FromTo(at, Math.Min(volume.Length, at + Mebi))));
                Assert.Equal(whole, union.ToSet());
            }
            var sizes = new[] { 12345, Math.Max(512, content.BlockSize), 1, 3 * Mebi + 1 };
            foreach (var size in sizes)
            {
                for (var i = 0; i < 60; i++)
                {
                    var at = random.NextInt64(volume.Length);
                    if (size == content.BlockSize) at -= at % size;
                    var window = Extent.FromTo(at, Math.Min(volume.Length, at + size));
                    Assert.Equal(whole.Clip(window), MapAssert.Checked(map, window));
                }
            }
            Assert.Empty(map.UsedIn(new Extent(volume.Length / 2, 0)));
        });
    }

    [Fact]
    public void A_map_answers_several_threads_at_once()
    {
        ForEach((fixture, volume, content, whole) => Parallel.For(0, 8, thread =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 40; i++)
            {
                var at = random.NextInt64(volume.Length);
                var window = Extent.FromTo(at, Math.Min(volume.Length, at + 1 + random.NextInt64(2 * Mebi)));
                Assert.Equal(whole.Clip(window), content.Map!.UsedIn(window));
            }
        }));
    }

    [Fact]
    public void What_is_not_of_the_family_is_left_to_others()
    {
        foreach (var length in new[] { 0, 1, 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 4095, 4096, 8192, 65536, 1 << 20 })
        {
            var bytes = new byte[length];
            Assert.Null(Reader.Read(Fakes.MemoryDisk.FromBytes(bytes), Options));
            for (var seed = 0; seed < 20; seed++)
            {
                new Random(seed).NextBytes(bytes);
                Assert.Null(Reader.Read(Fakes.MemoryDisk.FromBytes(bytes), Options));
            }
        }
        Assert.Null(Reader.Read(new Fakes.MemoryDisk(1L << 44), Options));
    }

    [Fact]
    public void A_volume_shorter_than_its_file_system_claims_is_taken_whole()
    {
        if (!ClaimsItsSize) return;
        ForEach((fixture, volume, content, whole) =>
        {
            Assert.InRange(content.ClaimedLength, 1, volume.Length);
            foreach (var length in new[] { content.ClaimedLength - 1, content.ClaimedLength - 512, content.ClaimedLength / 2, content.ClaimedLength / 16 * 5 })
            {
                var cut = Reader.Read(new BlockSourceSlice(volume, new Extent(0, length), $"{fixture} cut to {length}"), Options);
                Assert.True(cut is null or { Map: null }, $"{fixture} cut from {content.ClaimedLength} to {length} bytes still has a map");
                if (cut is not null) MapAssert.WellFormed(cut, length);
            }
        });
    }

    [Fact]
    public void Bytes_after_the_file_system_count_as_used()
    {
        if (!ClaimsItsSize) return;
        ForEach((fixture, volume, content, whole) =>
        {
            var longer = new Fakes.MemoryDisk(volume.Length + 5 * Mebi + 512);
            if (volume.Length > 1L << 30) return;
            CopyTo(volume, longer);
            var result = Reader.Read(longer, Options);
            Assert.NotNull(result);
            MapAssert.WellFormed(result, longer.Length);
            if (result.Map is null) return;
            Assert.Equal(whole.Union(ExtentSet.Of(Extent.FromTo(volume.Length, longer.Length))), result.Map.UsedIn(new Extent(0, longer.Length)));
        });
    }

    [Fact]
    public void A_failing_read_is_reported_or_leaves_the_map_right()
    {
        ForEach((fixture, volume, content, whole) =>
        {
            var counter = new OverlaySource(volume);
            var counted = Reader.Read(counter, Options);
            _ = counted!.Map!.UsedIn(new Extent(0, volume.Length));
            var step = Math.Max(1, counter.Reads / 200);
            for (var failing = 0; failing < counter.Reads; failing += step)
            {
                var faulty = new OverlaySource(volume) { FailingRead = failing };
                try
                {
                    var result = Reader.Read(faulty, Options);
                    Assert.True(result is not null, $"{fixture}: unreadable read {failing} made the volume unrecognised");
                    if (result.Map is null) continue;
                    Assert.True(result.Map.UsedIn(new Extent(0, volume.Length)).IsSupersetOf(whole), $"{fixture}: failing read {failing} lost used bytes");
                }
                catch (BlockReadException)
                {
                    // Reported: the caller takes the volume whole, or names the bad sector.
                }
            }
        });
    }

    private static void CopyTo(OverlaySource volume, Fakes.MemoryDisk target)
    {
        var buffer = new byte[Mebi];
        for (var at = 0L; at < volume.Length; at += buffer.Length)
        {
            var span = buffer.AsSpan(0, (int)Math.Min(buffer.Length, volume.Length - at));
            volume.Read(at, span);
            if (span.ContainsAnyExcept((byte)0)) target.Write(at, span);
        }
    }

    private void ForEach(Action<AllocationFixture, OverlaySource, VolumeContent, ExtentSet> check)
    {
        Assert.NotEmpty(Fixtures);
        foreach (var fixture in Fixtures)
        {
            using var opened = fixture.Open();
            var volume = new OverlaySource(opened); // no target behind it: a reader that writes has nothing to write to
            var content = Reader.Read(volume, Options);
            Assert.True(content is not null, $"{fixture} is not recognised");
            Assert.True(content.Map is not null, $"{fixture}: {content.WholeReason}");
            MapAssert.WellFormed(content, volume.Length);
            check(fixture, volume, content, content.Map.UsedIn(new Extent(0, volume.Length)));
        }
    }
}
