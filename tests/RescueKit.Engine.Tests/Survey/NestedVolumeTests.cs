using RescueKit.Engine.Survey;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests.Survey;

/// <summary>File systems inside logical volumes, linear in two pieces, striped, and partitioned. The fixture's README tells how it was made.</summary>
public sealed class NestedVolumeTests : IDisposable
{
    private const long Start = 1 << 20, ExtentBytes = 256 << 10, Stripe = 64 << 10, Mebi = 1 << 20;

    private readonly TempFolder _folder = new();
    private readonly MemoryDisk _disk = Fixture.Open("lvm-linear-striped.img.gz");

    [Fact]
    public void Used_is_what_the_file_systems_inside_use()
    {
        var survey = DiskSurvey.Take(_disk);
        var volume = Assert.Single(survey.Volumes);
        var expected = _disk.Length - 136 * ExtentBytes - FreeBytes("a") - FreeBytes("b") - FreeBytes("s") - FreeBytes("inner") - (3 * Mebi - 4096);
        Assert.Equal(expected, volume.UsedBytes);
        Assert.Equal(volume.UsedBytes, survey.UsedIn(new Extent(0, _disk.Length)).TotalLength);
        var types = volume.Nested.SelectMany(nested => nested.Survey.Volumes.Select(inner => $"{nested.Name[^1]} {inner.Partition.Number} {inner.Content.Type}"));
        Assert.Equal(["a 0 ext4", "b 0 ext4", "p 1 ext4", "p 2 swap", "s 0 ext4", "y 0 empty"], types.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Windows_of_every_size_agree_with_the_whole()
    {
        var survey = DiskSurvey.Take(_disk);
        var whole = survey.UsedIn(new Extent(0, _disk.Length));
        var random = new Random(3);
        foreach (var size in new[] { 512, 4096, 65536, 100_000, 1 << 20, 5 << 20 })
        {
            for (var i = 0; i < 100; i++)
            {
                var at = random.NextInt64(_disk.Length);
                var window = Extent.FromTo(at, Math.Min(_disk.Length, at + size));
                Assert.Equal(whole.Clip(window), survey.UsedIn(window));
            }
        }
    }

    [Fact]
    public void Restored_onto_random_bytes_every_file_system_inside_is_whole()
    {
        var restored = _folder.File("restored");
        MaskedCopy.OntoRandomBytes(_disk, DiskSurvey.Take(_disk).UsedIn(new Extent(0, _disk.Length)), restored, seed: 8);
        using var target = new FileSource(restored);
        foreach (var name in new[] { "a", "b", "s", "inner" })
        {
            var (before, after) = (Volume(_disk, name), Volume(target, $"{name}", "restored-"));
            var check = Tool.Run("e2fsck", "-fn", after);
            Assert.True(check.Ok, check.Everything);
            var digests = ExtImages.Digests(before);
            Assert.Equal(41, digests.Count);
            Assert.Equal(digests, ExtImages.Digests(after));
        }
    }

    /// <summary>A system that sleeps in a swap volume has the other file systems of the disk open.</summary>
    [Fact]
    public void A_hibernated_system_in_a_logical_volume_leaves_all_whole()
    {
        _disk.Write(Start + 176 * ExtentBytes + 7 * Mebi + 4086, "S1SUSPEND\0"u8);
        var volume = Assert.Single(DiskSurvey.Take(_disk).Volumes);
        Assert.True(volume.Whole);
        Assert.Contains("suspended", volume.WholeReason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unclean_file_system_inside_is_whole_but_for_who_accepts_it()
    {
        var (clean, free) = (DiskSurvey.Take(_disk).UsedBytes, FreeBytes("b"));
        var changed = Volume(_disk, "b");
        ExtImages.Debugfs(changed, ["set_super_value state 2"]);
        _disk.Write(Start + 48 * ExtentBytes, File.ReadAllBytes(changed));
        var careful = DiskSurvey.Take(_disk);
        Assert.Equal(clean + free, careful.UsedBytes);
        Assert.True(careful.Volumes[0].Content.Unclean);
        var accepting = DiskSurvey.Take(_disk, new SurveyOptions { Unclean = UncleanPolicy.Used });
        Assert.Equal(clean, accepting.UsedBytes);
    }

    public void Dispose() => _folder.Dispose();

    private long FreeBytes(string name)
    {
        var summary = ExtImages.Summary(Volume(_disk, name, "free-"))!;
        return summary.FreeBlocks * summary.BlockSize;
    }

    /// <summary>A file system taken out by hand, by the places that lvs told.</summary>
    private string Volume(IBlockSource disk, string name, string prefix = "")
    {
        var (length, place) = name switch
        {
            "a" => (80 * ExtentBytes, at => at < 48 * ExtentBytes ? at : at + 32 * ExtentBytes),
            "b" => (32 * ExtentBytes, at => 48 * ExtentBytes + at),
            "s" => (64 * ExtentBytes, (Func<long, long>)(at => (112 + at / Stripe % 2 * 32) * ExtentBytes + at / (2 * Stripe) * Stripe)),
            _ => (6 * Mebi, at => 176 * ExtentBytes + Mebi + at),
        };
        var path = _folder.File(prefix + name);
        using var file = File.Create(path);
        var buffer = new byte[Stripe];
        for (var at = 0L; at < length; at += Stripe)
        {
            disk.Read(Start + place(at), buffer);
            file.Write(buffer);
        }
        return path;
    }
}
