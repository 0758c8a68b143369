using RescueKit.Model;
using RescueKit.Testing.Contracts;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.Devices;

public sealed class MemoryDiskTests : BlockTargetContract
{
    protected override IBlockTarget CreateTarget(byte[] content) => MemoryDisk.FromBytes(content);
}

public sealed class FileSourceTests : BlockSourceContract, IDisposable
{
    private readonly TempFolder _folder = new();

    protected override IBlockSource CreateSource(byte[] content)
    {
        File.WriteAllBytes(_folder.File("disk"), content);
        return BlockDevices.OpenSource(_folder.File("disk"));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Holes_of_a_sparse_file_are_known()
    {
        var path = SparseFile.Create(_folder.File("disk"), 2L << 40);
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.Position = 1L << 40;
            file.Write(new byte[65536]);
        }
        using var source = BlockDevices.OpenSource(path);
        Assert.Equal(ExtentSet.Of(new Extent(1L << 40, 65536)), source.DataIn(new Extent(0, source.Length)));
        Assert.Empty(source.DataIn(new Extent(5, 1L << 39)));
        Assert.Equal(ExtentSet.Of(new Extent((1L << 40) + 7, 3)), source.DataIn(new Extent((1L << 40) + 7, 3)));
    }

    [Fact]
    public void A_shredded_file_gives_a_bounded_answer_that_covers_it()
    {
        const int Pieces = 70_000;
        var path = SparseFile.Create(_folder.File("disk"), Pieces * 8192L);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None, 0))
        {
            for (var i = 0L; i < Pieces; i++) RandomAccess.Write(file.SafeFileHandle, [1], i * 8192);
        }
        using var source = BlockDevices.OpenSource(path);
        var data = source.DataIn(new Extent(0, source.Length));
        Assert.InRange(data.Count, 60_000, 66_000);
        for (var i = 0L; i < Pieces; i++) Assert.True(data.Contains(i * 8192), $"piece {i} was lost");
    }

    [Fact]
    public void Every_write_leaves_a_mark_and_no_read_does()
    {
        var path = _folder.File("disk");
        using var source = CreateSource(Content());
        Tool.Must("touch", "-a", "-d", "2020-01-01", path); // so that reading sets the time of access, even with relatime
        var witness = (IChangeWitness)source;
        var mark = witness.ChangeMark;
        Assert.NotNull(mark);
        source.Read(0, new byte[1000]);
        source.DataIn(new Extent(0, source.Length));
        Tool.Must("cp", path, _folder.File("copy"));
        Assert.Equal(mark, witness.ChangeMark);

        Tool.Must("touch", "-r", path, _folder.File("times"));
        Tool.Must("sh", "-c", $"printf x | dd of={path} bs=1 seek=500 conv=notrunc status=none");
        Tool.Must("touch", "-r", _folder.File("times"), path); // whoever sets the time of modification back is seen by the time of change
        Assert.NotEqual(mark, witness.ChangeMark);
    }

    [Fact]
    public void A_file_cut_short_while_open_is_not_read_as_bad_sectors()
    {
        File.WriteAllBytes(_folder.File("disk"), Content());
        using var source = BlockDevices.OpenSource(_folder.File("disk"));
        using (var file = new FileStream(_folder.File("disk"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(1000);
        Assert.Throws<DeviceGoneException>(() => source.Read(500, new byte[1000]));
    }

    [Fact]
    public void Missing_folders_and_files_are_refused_with_a_remedy()
    {
        Assert.NotNull(Assert.Throws<DeviceException>(() => BlockDevices.OpenSource(_folder.File("none"))).Remedy);
        Assert.NotNull(Assert.Throws<UsageException>(() => BlockDevices.OpenSource(_folder.FullPath)).Remedy);
        Assert.Throws<UsageException>(() => BlockDevices.OpenSource("/dev/null"));
        Assert.Throws<UsageException>(() => BlockDevices.OpenTarget(_folder.FullPath));
    }
}

public sealed class FileTargetTests : BlockTargetContract, IDisposable
{
    private readonly TempFolder _folder = new();

    protected override IBlockTarget CreateTarget(byte[] content)
    {
        File.WriteAllBytes(_folder.File("disk"), content);
        return BlockDevices.OpenTarget(_folder.File("disk"));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_file_is_sparse_and_known_to_be_zero()
    {
        var path = _folder.File("new");
        using (var target = BlockDevices.CreateTarget(path, 1L << 40))
        {
            Assert.True(target.UnwrittenIsZero);
            Assert.Equal(1L << 40, target.Length);
            target.WriteZeros(new Extent(0, 1L << 40));
            target.Write(1L << 39, new byte[] { 1 });
            target.WriteZeros(new Extent((1L << 39) - 10, 20));
            target.WriteZeros(new Extent(0, 1L << 40));
            target.Flush();
            var byteBack = new byte[1];
            target.Read(1L << 39, byteBack);
            Assert.Equal(0, byteBack[0]);
        }
        Assert.InRange(SparseFile.AllocatedBytes(path), 0, 65536);
    }

    [Fact]
    public void An_existing_file_keeps_its_length_and_promises_nothing()
    {
        using var target = CreateTarget(Content());
        Assert.False(target.UnwrittenIsZero);
        Assert.Equal(Content().Length, target.Length);
    }

    [Fact]
    public void A_missing_file_without_a_length_is_not_made()
    {
        Assert.Throws<SafetyException>(() => BlockDevices.OpenTarget(_folder.File("new")));
        Assert.False(File.Exists(_folder.File("new")));
    }

    [Fact]
    public void What_exists_is_never_made_anew()
    {
        var path = _folder.File("precious");
        File.WriteAllText(path, "precious");
        File.CreateSymbolicLink(_folder.File("link"), _folder.File("nowhere"));
        foreach (var name in (string[])["precious", "link"])
            Assert.Throws<SafetyException>(() => BlockDevices.CreateTarget(_folder.File(name), 1000));
        Assert.Equal("precious", File.ReadAllText(path));
        Assert.False(File.Exists(_folder.File("nowhere")));
    }

    [Fact]
    public void An_empty_file_is_held_and_becomes_the_target_that_it_is()
    {
        var path = _folder.File("empty");
        File.WriteAllBytes(path, []);
        Tool.Must("chmod", "640", path);
        var inode = Tool.Must("stat", "-c", "%i %a", path).Output;
        using (var empty = BlockDevices.OpenEmpty(path))
        {
            Assert.Throws<SafetyException>(() => BlockDevices.OpenTarget(path));
            using var target = empty.Grow(1 << 20);
            Assert.Equal((1 << 20, true), (target.Length, target.UnwrittenIsZero));
            target.Write(5, [1]);
            Assert.Throws<SafetyException>(() => BlockDevices.OpenTarget(path));
        }
        Assert.Equal(inode, Tool.Must("stat", "-c", "%i %a", path).Output);
        using var again = BlockDevices.OpenTarget(path);
        Assert.Equal(1 << 20, again.Length);
        Assert.Throws<SafetyException>(() => BlockDevices.OpenEmpty(path));
    }

    [Fact]
    public void A_length_that_the_file_system_cannot_hold_leaves_no_file()
    {
        Assert.ThrowsAny<DeviceException>(() => BlockDevices.CreateTarget(_folder.File("new"), long.MaxValue));
        Assert.False(File.Exists(_folder.File("new")));
    }

    [Fact]
    public void One_file_is_not_read_and_written_at_once()
    {
        var path = _folder.File("disk");
        using (CreateTarget(Content()))
        {
            Assert.Throws<SafetyException>(() => BlockDevices.OpenTarget(path));
            Assert.Throws<SafetyException>(() => BlockDevices.OpenSource(path));
            BlockDevices.OpenSource(path, exclusive: false).Dispose();
        }
        using (BlockDevices.OpenSource(path))
        {
            BlockDevices.OpenSource(path).Dispose();
            Assert.Throws<SafetyException>(() => BlockDevices.OpenTarget(path));
        }
        BlockDevices.OpenTarget(path).Dispose();
    }

    [Fact]
    public void Progress_follows_the_disk_while_much_is_written()
    {
        using var target = BlockDevices.CreateTarget(_folder.File("new"), 128 << 20);
        var piece = new byte[1 << 20];
        for (var i = 0; i < 128; i++) target.Write((long)i << 20, piece);
        Assert.InRange(target.DurableBytes, 32L << 20, 127L << 20);
        target.Flush();
        Assert.Equal(128L << 20, target.DurableBytes);
    }
}
