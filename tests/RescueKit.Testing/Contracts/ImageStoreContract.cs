using RescueKit.Model;

namespace RescueKit.Testing.Contracts;

/// <summary>What every image store promises.</summary>
public abstract class ImageStoreContract
{
    /// <summary>An empty store.</summary>
    protected abstract IImageStore CreateStore();

    [Fact]
    public void What_was_appended_is_read_back_in_order()
    {
        var store = CreateStore();
        var random = new Random(1);
        var expected = new List<byte>();
        using (var writer = store.Create("part"))
        {
            for (var round = 0; round < 200; round++)
            {
                var bytes = new byte[random.Next(5) == 0 ? random.Next(300_000) : random.Next(500)];
                random.NextBytes(bytes);
                writer.Append(bytes);
                expected.AddRange(bytes);
                Assert.Equal(expected.Count, writer.Length);
                if (round % 50 == 25) writer.Flush();
            }
            writer.Flush();
            Assert.Equal(expected.Count, writer.DurableBytes);
        }
        using var reader = store.OpenRead("part");
        Assert.Equal(expected.Count, reader.Length);
        var all = new byte[reader.Length];
        reader.Read(0, all);
        Assert.Equal(expected, all);
        var piece = new byte[777];
        reader.Read(12_345, piece);
        Assert.Equal(expected.Skip(12_345).Take(777), piece);
    }

    [Fact]
    public void What_was_flushed_is_seen_while_the_part_still_grows()
    {
        var store = CreateStore();
        using var writer = store.Create("part");
        writer.Append([1, 2, 3]);
        writer.Flush();
        using var reader = store.OpenRead("part");
        var seen = new byte[3];
        reader.Read(0, seen);
        Assert.Equal([1, 2, 3], seen);
        writer.Append([4, 5]);
        writer.Flush();
        seen = new byte[5];
        reader.Read(0, seen);
        Assert.Equal([1, 2, 3, 4, 5], seen);
    }

    [Fact]
    public void An_existing_name_is_never_created_again()
    {
        var store = CreateStore();
        Put(store, "part", [1, 2, 3]);
        Assert.Throws<SafetyException>(() => store.Create("part").Dispose());
        Assert.Equal([1, 2, 3], Get(store, "part"));
    }

    [Fact]
    public void Going_on_changes_nothing_until_it_is_told_to_cut()
    {
        var store = CreateStore();
        Put(store, "part", [1, 2, 3, 4, 5]);
        using (var writer = store.OpenAppend("part")) Assert.Equal(5, writer.Length);
        Assert.Equal([1, 2, 3, 4, 5], Get(store, "part"));
        using (var writer = store.OpenAppend("part"))
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Cut(6));
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Cut(-1));
            writer.Cut(3);
            Assert.Equal(3, writer.Length);
            writer.Append([9]);
            writer.Flush();
            Assert.Equal(4, writer.DurableBytes);
        }
        Assert.Equal([1, 2, 3, 9], Get(store, "part"));
        Assert.Throws<DeviceException>(() => store.OpenAppend("none").Dispose());
    }

    [Fact]
    public void A_cut_takes_back_what_was_just_appended()
    {
        var store = CreateStore();
        using (var writer = store.Create("part"))
        {
            writer.Append([1, 2, 3, 4]);
            writer.Cut(2);
            writer.Append([7]);
            Assert.Equal(3, writer.Length);
            writer.Flush();
        }
        Assert.Equal([1, 2, 7], Get(store, "part"));
    }

    [Fact]
    public void Asking_what_a_part_can_hold_changes_nothing()
    {
        var store = CreateStore();
        using (var writer = store.Create("part"))
        {
            writer.Append([1, 2, 3]);
            Assert.True(writer.CanHold(3));
            Assert.True(writer.CanHold(5L << 20));
            Assert.Equal(3, writer.Length);
            writer.Append([4]);
            Assert.True(writer.CanHold(5L << 20));
            writer.Flush();
        }
        Assert.Equal([1, 2, 3, 4], Get(store, "part"));
    }

    [Fact]
    public void A_part_is_its_writers_alone_until_it_lets_go()
    {
        var store = CreateStore();
        using (var first = store.Create("part"))
        {
            first.Append([1]);
            first.Flush();
            Assert.Throws<SafetyException>(() => store.OpenAppend("part").Dispose());
            Assert.Throws<SafetyException>(() => store.Create("part").Dispose());
            first.Append([2]);
            first.Flush();
        }
        using (var second = store.OpenAppend("part"))
        {
            Assert.Equal(2, second.Length);
            Assert.Throws<SafetyException>(() => store.OpenAppend("part").Dispose());
        }
        Assert.Equal([1, 2], Get(store, "part"));
    }

    [Fact]
    public void Parts_are_listed_by_prefix_and_gone_after_a_delete()
    {
        var store = CreateStore();
        foreach (var name in (string[])["a.rki", "a.rki.002", "b.rki"]) Put(store, name, [1]);
        Assert.Equal(["a.rki", "a.rki.002"], store.List("a.").Order());
        Assert.True(store.Exists("a.rki.002"));
        store.Delete("a.rki.002");
        Assert.False(store.Exists("a.rki.002"));
        Assert.Equal(["a.rki"], store.List("a."));
        Assert.Empty(store.List("c"));
    }

    [Fact]
    public void A_missing_part_and_a_short_part_are_told_apart()
    {
        var store = CreateStore();
        Assert.Throws<DeviceException>(() => store.OpenRead("none").Dispose());
        Put(store, "part", [1, 2, 3]);
        using var reader = store.OpenRead("part");
        Assert.Throws<ImageDamagedException>(() => reader.Read(2, new byte[2]));
        Assert.Throws<ImageDamagedException>(() => reader.Read(long.MaxValue - 1, new byte[2]));
        Assert.Throws<ImageDamagedException>(() => reader.Read(-1, new byte[2]));
        reader.Read(3, []);
    }

    [Fact]
    public void Several_threads_read_one_part()
    {
        var store = CreateStore();
        var content = new byte[500_000];
        new Random(2).NextBytes(content);
        Put(store, "part", content);
        using var reader = store.OpenRead("part");
        Parallel.For(0, 8, thread =>
        {
            var buffer = new byte[10_000];
            for (var offset = thread * 1111; offset + buffer.Length <= content.Length; offset += 33_333)
            {
                reader.Read(offset, buffer);
                Assert.True(content.AsSpan(offset, buffer.Length).SequenceEqual(buffer));
            }
        });
    }

    protected static void Put(IImageStore store, string name, byte[] content)
    {
        using var writer = store.Create(name);
        writer.Append(content);
        writer.Flush();
    }

    protected static byte[] Get(IImageStore store, string name)
    {
        using var reader = store.OpenRead(name);
        var content = new byte[reader.Length];
        reader.Read(0, content);
        return content;
    }
}
