using System.Text;
using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests;

/// <summary>What runs say and do about the files of an image: left over, strange, torn, or held by another run.</summary>
[Collection("disks")]
public class ImageFilesTests(DiskFixture disks)
{
    private const string Second = Bench.Image + ".002";
    private static readonly byte[] Notes = Encoding.UTF8.GetBytes("my notes, not an image");

    [Fact]
    public void Parts_left_of_an_older_image_are_found_before_anything_is_read_or_written()
    {
        var store = new MemoryStore();
        store.Parts[$"{Bench.Image}.005"] = new MemoryPart(Notes);
        var source = MemoryDisk.FromBytes(disks.GptBytes);
        source.Before = (_, _) => Assert.Fail("the plan was not needed to see this");
        var error = Assert.Throws<SafetyException>(() => Bench.Backup(source, store, Bench.BackupRequest with { SplitBytes = 4 << 20 }));
        Assert.Contains($"{Bench.Image}.005", error.Message, StringComparison.Ordinal);
        Assert.Equal(Notes, Assert.Single(store.Parts).Value.ToArray());
    }

    [Fact]
    public void A_resume_leaves_a_strangers_file_alone()
    {
        var store = Interrupted();
        store.Parts[Second] = new MemoryPart(Notes);
        Assert.Throws<SafetyException>(() => Bench.Backup(
            MemoryDisk.FromBytes(disks.GptBytes), store, Bench.BackupRequest with { Resume = true }));
        Assert.Equal(Notes, store.Parts[Second].ToArray());
    }

    [Fact]
    public void A_sound_image_beside_a_strangers_file_is_verified_and_the_file_is_named()
    {
        var store = Bench.TakeImage(disks.GptBytes);
        store.Parts[Second] = new MemoryPart(Notes);
        var receipt = Verify(store);
        Assert.Equal(0, receipt.ExitCode);
        Assert.Contains(Second, Assert.Single(receipt.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(3000)]
    public void An_interrupted_image_is_called_incomplete_not_damaged(int torn)
    {
        var store = Interrupted();
        var part = store.Parts[Bench.Image];
        part.Truncate(part.Length - torn);
        var receipt = Verify(store);
        Assert.Equal(3, receipt.ExitCode);
        var said = string.Join(' ', receipt.Warnings.Append(receipt.Error));
        Assert.Contains("never completed", said, StringComparison.Ordinal);
        Assert.DoesNotContain("damaged", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_backup_goes_on_with_the_chunk_size_that_it_was_begun_with()
    {
        var store = Interrupted(Bench.BackupRequest with { ChunkSize = 64 << 10 });
        Assert.Equal(0, Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), store, Bench.BackupRequest with { Resume = true, Verify = true }).ExitCode);
        using var image = ImageReader.Open(store, Bench.Image);
        Assert.Equal(64 << 10, image.ChunkSize);
    }

    private static Receipt Verify(MemoryStore store)
    {
        using var run = new VerifyRun(ImageReader.Open(store, Bench.Image), new VerifyRequest(Bench.Image), Bench.Resources);
        return run.Execute(null, null, CancellationToken.None);
    }

    private MemoryStore Interrupted(BackupRequest? request = null)
    {
        var (store, count) = (new MemoryStore(), 0);
        store.Before = (operation, _, _) =>
        {
            if (operation == "append" && ++count == 15) throw new NoSpaceException("the fake store is full");
        };
        Assert.Throws<NoSpaceException>(() => Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), store, request));
        store.Before = null;
        return store;
    }
}
