using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests;

/// <summary>A disk that gave everything once and does not give it again: a clone must not need it twice.</summary>
[Collection("disks")]
public class DyingSourceTests(DiskFixture disks)
{
    private static readonly CloneRequest Skip = Bench.CloneRequest with { OnBadSector = BadSectorPolicy.Skip };

    private Extent Whole => new(0, disks.Gpt.Length);

    [Fact]
    public void Tables_and_superblocks_are_written_from_what_the_pass_read()
    {
        var target = Bench.RandomDisk(disks.Gpt.Length);
        Assert.Equal("complete", Bench.Clone(DyingAfterThePass(target, ExtentSet.Of(Whole)), target, Skip).Verdict);
        MustEqual(target);
    }

    [Fact]
    public void What_was_copied_is_verified_without_the_source()
    {
        // The file system's own structures still read: what is in use has to be known.
        var ext = disks.Gpt.Volumes[1];
        var target = Bench.RandomDisk(disks.Gpt.Length);
        var source = DyingAfterThePass(target, ExtentSet.From(Used().Where(e => e.Length > 256 << 10 && e.Offset > ext.Offset).Select(e => new Extent(e.End - 512, 512))));
        var receipt = Bench.Clone(source, target, Skip with { Verify = true });
        Assert.Equal("complete", receipt.Verdict);
        Assert.Equal(Used().TotalLength, receipt.BytesVerified);
    }

    [Fact]
    public void What_cannot_be_verified_any_more_is_said_and_not_taken_for_a_fault_of_the_target()
    {
        var target = Bench.RandomDisk(disks.Gpt.Length);
        var receipt = Bench.Clone(DyingAfterThePass(target, ExtentSet.Of(Whole)), target, Skip with { Verify = true });
        Assert.Equal(0, receipt.BytesVerified);
        Assert.Equal(("complete with losses", 5), (receipt.Verdict, receipt.ExitCode));
        Assert.Contains(receipt.Skipped, w => w.Contains("could not be verified", StringComparison.Ordinal));
        MustEqual(target);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_changed_byte_of_a_copy_is_found_by_verify(bool inSuperblock)
    {
        var used = Used();
        var where = inSuperblock ? disks.Gpt.Volumes[1].Offset + 1024 + 0x78 : used[used.Count / 2].Offset + 5;
        var target = Bench.RandomDisk(disks.Gpt.Length);
        var flushes = 0;
        target.Before = (operation, _) =>
        {
            if (operation == "flush") flushes++;
            if (operation != "read" || flushes < 5) return;
            target.Before = null; // the last flush is done: what is read now is the verification
            var one = new byte[1];
            target.Read(where, one);
            target.Write(where, [(byte)~one[0]]);
        };
        var error = Assert.Throws<DeviceException>(() => Bench.Clone(MemoryDisk.FromBytes(disks.GptBytes), target, Bench.CloneRequest with { Verify = true }));
        Assert.Contains("does not hold what was written", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Sectors go bad when all data has been flushed, before boot sectors and tables are written.</summary>
    private FailingSource DyingAfterThePass(MemoryDisk target, ExtentSet bad)
    {
        var source = new FailingSource(MemoryDisk.FromBytes(disks.GptBytes), ExtentSet.Empty);
        var flushes = 0;
        target.Before = (operation, _) =>
        {
            if (operation == "flush" && ++flushes == 2) source.Bad = bad;
        };
        return source;
    }

    private ExtentSet Used()
    {
        using var image = ImageReader.Open(Bench.TakeImage(disks.GptBytes), Bench.Image);
        return image.ReadRegion(0).Used;
    }

    private void MustEqual(MemoryDisk target)
    {
        target.Before = null;
        var after = target.ToArray();
        foreach (var used in Used())
            Assert.True(after.AsSpan((int)used.Offset, (int)used.Length).SequenceEqual(disks.GptBytes.AsSpan((int)used.Offset, (int)used.Length)), $"{used} differs");
    }
}
