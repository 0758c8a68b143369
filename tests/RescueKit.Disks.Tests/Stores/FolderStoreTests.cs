using RescueKit.Disks.Interop;
using RescueKit.Disks.Stores;
using RescueKit.Model;
using RescueKit.Testing.Contracts;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.Stores;

public sealed class MemoryStoreTests : ImageStoreContract
{
    protected override IImageStore CreateStore() => new MemoryStore();
}

public sealed class FolderStoreTests : ImageStoreContract, IDisposable
{
    private readonly TempFolder _folder = new();

    protected override IImageStore CreateStore() => new FolderStore(_folder.FullPath);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_part_belongs_to_its_owner_alone()
    {
        Put(CreateStore(), "part", [1]);
        Assert.Equal("600", Tool.Must("stat", "-c", "%a", _folder.File("part")).Output.Trim());
    }

    [Fact]
    public void A_writer_that_was_never_flushed_leaves_what_it_was_given()
    {
        var store = CreateStore();
        using (var writer = store.Create("part")) writer.Append([1, 2, 3]);
        Assert.Equal([1, 2, 3], Get(store, "part"));
    }

    [Fact]
    public void A_full_disk_is_said_and_the_writer_takes_no_more()
    {
        // /dev/full takes writes and says ENOSPC to every one.
        using var writer = new FilePartWriter(LibC.Open("/dev/full", LibC.ReadWrite)!, "/dev/full", "full", 0, isNew: false);
        var full = Assert.Throws<NoSpaceException>(() => writer.Append(new byte[1 << 20]));
        Assert.Contains("/dev/full", full.Message, StringComparison.Ordinal);
        Assert.NotNull(full.Remedy);
        Assert.Throws<DeviceException>(() => writer.Append([1]));
        Assert.Throws<DeviceException>(writer.Flush);
    }

    [Fact]
    public void A_missing_folder_has_a_remedy()
    {
        var store = new FolderStore(_folder.File("nowhere"));
        Assert.NotNull(Assert.Throws<DeviceException>(() => store.Create("part").Dispose()).Remedy);
        Assert.NotNull(Assert.Throws<DeviceException>(() => store.List("")).Remedy);
        Assert.Null(store.FreeBytes);
    }

    [Theory]
    [InlineData("../part")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Names_do_not_leave_the_folder(string name) => Assert.Throws<ArgumentException>(() => CreateStore().Exists(name));

    [Fact]
    public void Free_bytes_are_those_of_df()
    {
        var said = CreateStore().FreeBytes;
        var df = long.Parse(Tool.Must("df", "--output=avail", "-B1", _folder.FullPath).Output.Split('\n')[1]);
        Assert.NotNull(said);
        Assert.InRange(said.Value, df / 2, df * 2); // others write meanwhile
        Assert.Null(CreateStore().MaxPartBytes);
    }

    [Fact]
    public void Progress_follows_the_disk_while_much_is_written()
    {
        var store = CreateStore();
        using var writer = store.Create("part");
        var piece = new byte[1 << 20];
        for (var i = 0; i < 128; i++) writer.Append(piece);
        Assert.InRange(writer.DurableBytes, 32L << 20, 127L << 20);
        writer.Flush();
        Assert.Equal(128L << 20, writer.DurableBytes);
    }
}
