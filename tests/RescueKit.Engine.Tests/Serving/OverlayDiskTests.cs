using RescueKit.Engine.Serving;
using RescueKit.Model;
using RescueKit.Testing.Contracts;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests.Serving;

public sealed class OverlayDiskContract : BlockTargetContract, IDisposable
{
    private readonly TempFolder _folder = new();
    private int _count;

    protected override IBlockTarget CreateTarget(byte[] content) => OverlayDisk.Open(MemoryDisk.FromBytes(content), _folder.File($"overlay{_count++}"), [1]);

    public void Dispose() => _folder.Dispose();
}

public sealed class OverlayDiskTests : IDisposable
{
    private const int Length = (1 << 20) + 12288;
    private readonly TempFolder _folder = new();
    private readonly MemoryDisk _below = Bench.RandomDisk(Length);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_written_is_there_again_and_what_lies_below_is_untouched()
    {
        var before = _below.ToArray();
        var expected = before.ToArray();
        for (var time = 1; time <= 3; time++)
        {
            using var overlay = Open();
            Assert.Equal(expected, Content(overlay));
            var bytes = new byte[10_000];
            Array.Fill(bytes, (byte)time);
            overlay.Write(100_000 * time, bytes);
            bytes.CopyTo(expected, 100_000 * time);
            overlay.WriteZeros(new Extent(500_000 + time, 70_000));
            expected.AsSpan(500_000 + time, 70_000).Clear();
        }
        Assert.Equal(before, _below.ToArray());
    }

    [Fact]
    public void Without_a_flush_nothing_older_than_the_last_one_is_lost()
    {
        var path = _folder.File("overlay");
        byte[] flushed;
        using (var overlay = Open())
        {
            overlay.Write(70_000, new byte[100_000]);
            overlay.Flush();
            flushed = Content(overlay);
            overlay.Write(700_000, new byte[100_000]);
            Tool.Must("cp", path, _folder.File("cut")); // as it is on the disk if the power goes now, or with less of it
        }
        using var again = OverlayDisk.Open(_below, _folder.File("cut"), [7]);
        Assert.Equal(flushed[..600_000], Content(again)[..600_000]);
        Assert.Equal(_below.ToArray()[700_000..], Content(again)[700_000..]);
    }

    [Fact]
    public void Whole_blocks_that_are_discarded_take_no_room_and_read_as_zeros()
    {
        using var overlay = Open();
        overlay.Write(0, new byte[Length - 1]);
        Assert.True(overlay.Discard(new Extent(0, Length)));
        Assert.True(overlay.DataIn(new Extent(0, Length)).IsEmpty);
        Assert.False(Content(overlay).AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void One_of_another_disk_is_refused_and_so_is_any_other_file()
    {
        Open().Dispose();
        Assert.Contains("no overlay of", Assert.Throws<SafetyException>(() => OverlayDisk.Open(_below, _folder.File("overlay"), [8])).Message, StringComparison.Ordinal);
        using var longer = Bench.RandomDisk(2 * Length);
        Assert.Throws<SafetyException>(() => OverlayDisk.Open(longer, _folder.File("overlay"), [7]));
        File.WriteAllText(_folder.File("letter"), "Dear all,");
        Assert.Throws<SafetyException>(() => OverlayDisk.Open(_below, _folder.File("letter"), [7]));
        Assert.Equal("Dear all,", File.ReadAllText(_folder.File("letter")));
    }

    /// <summary>Of a device .NET says that it is a file of no bytes.</summary>
    [Fact]
    public void An_empty_file_is_taken_and_a_device_or_a_name_among_devices_is_not()
    {
        File.WriteAllBytes(_folder.File("overlay"), []);
        using (var overlay = Open()) overlay.Write(5, [1]);
        Assert.ThrowsAny<RescueKitException>(() => OverlayDisk.Open(_below, "/dev/zero", [7]));
        Assert.True(File.Exists("/dev/zero"));
        Assert.ThrowsAny<RescueKitException>(() => OverlayDisk.Open(_below, "/dev/no-such-disk", [7]));
        Assert.False(File.Exists("/dev/no-such-disk"));
    }

    [Fact]
    public void Two_cannot_have_one_file()
    {
        using var first = Open();
        Assert.Contains("in use", Assert.Throws<SafetyException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_whose_every_block_changes_at_once_by_several_threads_loses_none()
    {
        using var overlay = Open();
        Parallel.For(0, Length / 512, sector =>
        {
            var bytes = new byte[512];
            Array.Fill(bytes, (byte)sector);
            overlay.Write(sector * 512L, bytes);
            if (sector % 500 == 0) overlay.Flush();
        });
        Assert.All(Content(overlay).Chunk(512).Index(), sector => Assert.All(sector.Item, value => Assert.Equal((byte)sector.Index, value)));
    }

    private OverlayDisk Open() => OverlayDisk.Open(_below, _folder.File("overlay"), [7]);

    private static byte[] Content(OverlayDisk disk)
    {
        var content = new byte[disk.Length];
        disk.Read(0, content);
        return content;
    }
}
