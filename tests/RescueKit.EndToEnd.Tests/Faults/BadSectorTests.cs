using System.Diagnostics;
using System.Text.Json;
using RescueKit.Disks;
using RescueKit.Model;
using RescueKit.Testing.Disks;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Faults;

/// <summary>The executable on disks that give real I/O errors.</summary>
public sealed class BadSectorTests : IDisposable
{
    private const int Page = 4096;
    private readonly TempFolder _folder = new();
    private readonly RealDisk _disk;

    public BadSectorTests() => _disk = RealDisk.SmallGpt(_folder.Folder("disk"));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Exactly_the_bad_sectors_are_lost_and_named_everywhere(bool device)
    {
        // In the middle of files of the FAT and NTFS volumes, found by their content; each a sector.
        var healthy = File.ReadAllBytes(_disk.Path);
        var bad = InFiles(healthy);
        using var faulty = FaultyDisk.Unreadable(_folder, _disk.Path, [.. bad.Select(b => (b, 512L))]);
        using var loop = device ? new LoopDevice(faulty.Path, readOnly: true, directIo: true) : null;
        var source = loop?.Path ?? faulty.Path;
        var expected = device ? bad.Select(b => (b, 512L)).ToList() : [.. bad.Select(b => (b - b % Page, (long)Page))];

        var image = _folder.File("disk.rki");
        var refused = MatrixProgram.Run("image", "create", source, image, "--json", "--quiet");
        Assert.Equal(1, refused.ExitCode);
        using (var error = JsonDocument.Parse(refused.Output))
        {
            Assert.Equal("read", error.RootElement.GetProperty("kind").GetString());
            var (offset, length) = (error.RootElement.GetProperty("offset").GetInt64(), error.RootElement.GetProperty("length").GetInt64());
            Assert.Contains(expected, e => e.Item1 < offset + length && offset < e.Item1 + e.Item2);
        }
        Assert.Contains("--on-bad-sector skip", refused.Error, StringComparison.Ordinal);

        var taken = MatrixProgram.Run("image", "create", source, image, "--json", "--quiet", "--on-bad-sector", "skip", "--resume", "--verify");
        Assert.Equal(5, taken.ExitCode);
        Assert.Equal(expected, Unreadable(taken.Output));
        Assert.Equal(expected, Unreadable(File.ReadAllText(image + ".receipt.json")));
        Assert.Equal(expected.Sum(e => e.Item2), MatrixProgram.Json("image", "info", image).GetProperty("unreadable_bytes").GetInt64());
        Assert.Contains("UNREADABLE", MatrixProgram.Must("image", "info", image), StringComparison.Ordinal);
        var verified = MatrixProgram.Run("image", "verify", image, "--json", "--quiet");
        Assert.Equal((5, true), (verified.ExitCode, expected.SequenceEqual(Unreadable(verified.Output))));

        // Everything else is there, byte by byte: what an image of the healthy disk restores to differs in the lost bytes alone.
        var lossy = _folder.File("lossy.raw");
        Assert.Equal(5, MatrixProgram.Run("image", "restore", image, lossy, "--quiet", "--verify").ExitCode);
        MatrixProgram.Must("image", "create", _disk.Path, _folder.File("healthy.rki"), "--quiet");
        MatrixProgram.Must("image", "restore", _folder.File("healthy.rki"), _folder.File("healthy.raw"), "--quiet");
        var (found, whole) = (File.ReadAllBytes(lossy), File.ReadAllBytes(_folder.File("healthy.raw")));
        foreach (var (offset, length) in expected)
        {
            Assert.False(found.AsSpan((int)offset, (int)length).ContainsAnyExcept((byte)0));
            whole.AsSpan((int)offset, (int)length).Clear();
        }
        Assert.True(whole.AsSpan().SequenceEqual(found), "more than the bad sectors differs");
        Assert.True(healthy.AsSpan().SequenceEqual(File.ReadAllBytes(_disk.Path)), "the source was changed");
    }

    [Fact]
    public void The_time_for_a_slow_bad_area_is_bounded()
    {
        var healthy = File.ReadAllBytes(_disk.Path);
        var bad = (Offset: InFiles(healthy)[0] / Page * Page, Length: 16L * Page);
        using var faulty = FaultyDisk.Slow(_folder, _disk.Path, bad, seconds: 2);
        var image = _folder.File("disk.rki");
        var took = Stopwatch.StartNew();
        var taken = MatrixProgram.Run("image", "create", faulty.Path, image, "--json", "--quiet", "--on-bad-sector", "skip", "--bad-sector-time", "5s");
        // Without the bound, each of the 16 pages alone takes its 2 s, after all the larger pieces that hold them.
        Assert.Equal(5, taken.ExitCode);
        Assert.InRange(took.Elapsed, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(60));
        var lost = Unreadable(taken.Output);
        Assert.All(lost, l => Assert.InRange(l.Offset, bad.Offset - (1 << 20), bad.Offset + (1 << 20)));
        Assert.InRange(lost.Sum(l => l.Length), Page, 512 << 10);
    }

    [Fact]
    public void A_target_that_fails_a_write_ends_with_1_and_the_offset_and_cannot_be_mounted()
    {
        var image = _folder.File("disk.rki");
        MatrixProgram.Must("image", "create", _disk.Path, image, "--quiet");
        var disk = MatrixDisk.OfRandomBytes(_folder.File("target.raw"), _disk.Length, 5);
        var bad = (Offset: InFiles(File.ReadAllBytes(_disk.Path))[^1], Length: 512L);
        using (var faulty = FaultyDisk.Unwritable(_folder, disk, bad))
        {
            var failed = MatrixProgram.Run("image", "restore", image, faulty.Path, "--confirm", "disk.raw", "--json", "--quiet");
            Assert.Equal(1, failed.ExitCode);
            using var error = JsonDocument.Parse(failed.Output);
            Assert.Equal("write", error.RootElement.GetProperty("kind").GetString());
            var (offset, length) = (error.RootElement.GetProperty("offset").GetInt64(), error.RootElement.GetProperty("length").GetInt64());
            Assert.True(offset < bad.Offset + bad.Length && bad.Offset < offset + length, $"{offset} + {length} does not hold {bad.Offset}");
            // Volumes this small are among their own edges, so the sector may be met when the old superblocks are taken away.
            Assert.Matches("can be neither booted nor mounted|got nothing new yet", failed.Error);
        }
        Assert.NotEqual(0, Tool.Run("blkid", "-p", disk).ExitCode); // nothing that anybody would recognise
        MatrixProgram.Must("image", "restore", image, disk, "--confirm", "target.raw", "--quiet", "--verify");
        _disk.MustEqual(disk);
    }

    [Fact]
    public void A_sync_that_failed_is_not_made_good_by_one_that_succeeds()
    {
        var disk = MatrixDisk.OfRandomBytes(_folder.File("target.raw"), _disk.Length, 6);
        using (var faulty = FaultyDisk.Unsyncable(_folder, disk))
        using (var target = BlockDevices.OpenTarget(faulty.Path))
        {
            target.Write(0, new byte[4096]);
            Assert.Contains("onto stable storage", Assert.Throws<DeviceException>(target.Flush).Message, StringComparison.Ordinal);
            Assert.Contains("takes no more writes", Assert.Throws<DeviceException>(target.Flush).Message, StringComparison.Ordinal);
            Assert.Throws<DeviceException>(() => target.Write(0, new byte[4096]));
            Assert.Throws<DeviceException>(() => target.WriteZeros(new Extent(0, 4096)));
        }
        Directory.Delete(_folder.File("synced"));
        using (var faulty = FaultyDisk.Unsyncable(_folder, disk))
        {
            var image = _folder.File("disk.rki");
            MatrixProgram.Must("image", "create", _disk.Path, image, "--quiet");
            var failed = MatrixProgram.Run("image", "restore", image, faulty.Path, "--confirm", "disk.raw", "--json", "--quiet");
            Assert.Equal(1, failed.ExitCode);
            Assert.Contains("onto stable storage", failed.Error, StringComparison.Ordinal);
        }
        Assert.NotEqual(0, Tool.Run("blkid", "-p", disk).ExitCode);
    }

    [Theory]
    [InlineData("fail")]
    [InlineData("skip")]
    public async Task A_disk_that_goes_away_ends_with_1_and_never_as_done_with_losses(string onBadSector)
    {
        // Held up at a bad area, so that there is a middle to be unplugged in.
        var bad = (Offset: InFiles(File.ReadAllBytes(_disk.Path))[^1] / Page * Page, Length: (long)Page);
        var image = _folder.File("disk.rki");
        using (var faulty = FaultyDisk.Slow(_folder, _disk.Path, bad, seconds: 3))
        using (var process = Process.Start(new ProcessStartInfo(MatrixProgram.Path, ["image", "create", faulty.Path, image, "--on-bad-sector", onBadSector])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!)
        {
            var output = process.StandardOutput.ReadToEndAsync();
            while (await process.StandardError.ReadLineAsync() is { } line && !line.StartsWith("reading: ", StringComparison.Ordinal)) { }
            // On a busy machine that line comes while the disk is still being looked at: then there would be nothing to resume.
            while (!File.Exists(image) && !process.HasExited) await Task.Delay(10);
            faulty.Unplug();
            var error = await process.StandardError.ReadToEndAsync();
            Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), "still running");
            await output;
            Assert.True(process.ExitCode == 1, error);
            Assert.Contains("is gone", error, StringComparison.Ordinal);
            Assert.Contains("--resume", error, StringComparison.Ordinal);
        }
        // The same disk from elsewhere: its image is gone on with to the same content.
        MatrixProgram.Must("image", "create", _disk.Path, image, "--resume", "--quiet", "--verify");
        MatrixProgram.Must("image", "restore", image, _folder.File("back.raw"), "--quiet");
        _disk.MustEqual(_folder.File("back.raw"));
    }

    private static List<(long Offset, long Length)> Unreadable(string receipt)
    {
        using var document = JsonDocument.Parse(receipt);
        return [.. document.RootElement.GetProperty("unreadable").EnumerateArray().Select(u => (u.GetProperty("offset").GetInt64(), u.GetProperty("length").GetInt64()))];
    }

    /// <summary>A sector in the middle of the largest file of each volume, which are the same files.</summary>
    private List<long> InFiles(byte[] disk)
    {
        var largest = _disk.Files.Values.MaxBy(f => f.Length)!;
        var piece = largest.AsSpan(largest.Length / 2 / Page * Page, 512);
        var found = new List<long>();
        foreach (var volume in _disk.Volumes)
        {
            var at = disk.AsSpan((int)volume.Offset, (int)volume.Length).IndexOf(piece);
            if (at >= 0) found.Add(volume.Offset + at);
        }
        Assert.Equal(_disk.Volumes.Count, found.Count);
        return found;
    }
}
