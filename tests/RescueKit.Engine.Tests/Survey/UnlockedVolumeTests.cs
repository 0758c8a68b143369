using RescueKit.Engine.Survey;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests.Survey;

/// <summary>A real file system behind a header that says LUKS and a cipher that is a toy, but as dm-crypt's goes sector by sector.</summary>
public sealed class UnlockedVolumeTests : IDisposable
{
    private const int Payload = 2 << 20, Length = 24 << 20, BlockSize = 1024;

    private readonly TempFolder _folder = new();
    private readonly string _plain;
    private readonly MemoryDisk _disk;

    public UnlockedVolumeTests()
    {
        _plain = ExtImages.Make(_folder.File("plain"), Length - Payload, ["-t", "ext4", "-b", $"{BlockSize}"], seed: 4, contentBytes: 6 << 20);
        var bytes = new byte[Length];
        new Random(1).NextBytes(bytes.AsSpan(0, Payload));
        byte[] header = [.. "LUKS"u8, 0xBA, 0xBE, 0, 2];
        header.CopyTo(bytes, 0);
        Cipher(File.ReadAllBytes(_plain)).CopyTo(bytes, Payload);
        _disk = MemoryDisk.FromBytes(bytes);
    }

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void Only_the_header_and_what_the_file_system_uses_is_taken(int sectorSize)
    {
        using var unlocker = new ToyUnlocker(_plain, sectorSize);
        var survey = DiskSurvey.Take(_disk, new SurveyOptions { Unlock = unlocker });
        var volume = Assert.Single(survey.Volumes);
        Assert.False(volume.Whole);
        Assert.Equal("LUKS2", volume.Content.Type);
        Assert.Equal("ext4", Assert.Single(Assert.Single(volume.Nested).Survey.Volumes).Content.Type);
        var used = survey.UsedIn(new Extent(0, Length));
        Assert.Equal(volume.UsedBytes, used.TotalLength);
        using var file = new FileSource(_plain);
        var exact = DiskSurvey.Take(file).UsedIn(new Extent(0, file.Length)).Shift(Payload).Union(ExtentSet.Of(new Extent(0, Payload)));
        Assert.Equal(used, used.Union(exact));
        Assert.Equal(sectorSize == 512, used.Equals(exact));
        Assert.All(used, extent => Assert.Equal(0, (extent.Offset | extent.Length) % sectorSize));
        Assert.InRange(used.TotalLength, Payload + (6 << 20), Length - (8 << 20));
    }

    [Fact]
    public void Windows_of_every_size_agree_with_the_whole()
    {
        using var unlocker = new ToyUnlocker(_plain, 4096);
        var survey = DiskSurvey.Take(_disk, new SurveyOptions { Unlock = unlocker });
        var whole = survey.UsedIn(new Extent(0, Length));
        var random = new Random(3);
        foreach (var size in new[] { 512, 4096, 65536, 100_000, 5 << 20 })
        {
            for (var i = 0; i < 50; i++)
            {
                var at = random.NextInt64(Length);
                var window = Extent.FromTo(at, Math.Min(Length, at + size));
                Assert.Equal(whole.Clip(window), survey.UsedIn(window));
            }
        }
    }

    [Fact]
    public void Restored_onto_random_bytes_the_file_system_inside_is_whole()
    {
        using var unlocker = new ToyUnlocker(_plain, 4096);
        var restored = _folder.File("restored");
        MaskedCopy.OntoRandomBytes(_disk, DiskSurvey.Take(_disk, new SurveyOptions { Unlock = unlocker }).UsedIn(new Extent(0, Length)), restored, seed: 8);
        var after = _folder.File("after");
        File.WriteAllBytes(after, Cipher(File.ReadAllBytes(restored)[Payload..]));
        Assert.True(ExtImages.IsConsistent(after));
        Assert.Equal(ExtImages.Digests(_plain), ExtImages.Digests(after));
    }

    [Fact]
    public void An_unclean_file_system_inside_leaves_all_whole()
    {
        ExtImages.Debugfs(_plain, ["set_super_value state 2"]);
        using var unlocker = new ToyUnlocker(_plain, 512);
        Assert.Equal(Length, DiskSurvey.Take(_disk, new SurveyOptions { Unlock = unlocker }).UsedBytes);
    }

    [Fact]
    public void What_is_not_LUKS_or_not_there_is_named()
    {
        using var unlocker = new ToyUnlocker(_plain, 512);
        using var file = new FileSource(_plain);
        Assert.Contains("holds ext4", Assert.Throws<UsageException>(() => DiskSurvey.Take(file, new SurveyOptions { Unlock = unlocker })).Message, StringComparison.Ordinal);
        using var other = new ToyUnlocker(_plain, 512, partition: 3);
        Assert.Contains("no partition 3", Assert.Throws<UsageException>(() => DiskSurvey.Take(_disk, new SurveyOptions { Unlock = other })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Content_that_does_not_lie_within_the_volume_is_refused()
    {
        using var unlocker = new ToyUnlocker(_plain, 512, offset: Payload + 512);
        Assert.Throws<DeviceException>(() => DiskSurvey.Take(_disk, new SurveyOptions { Unlock = unlocker }));
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Cipher(byte[] bytes) => Array.ConvertAll(bytes, value => (byte)(value ^ 0x5A));

    private sealed class ToyUnlocker(string plain, int sectorSize, int partition = 0, long offset = Payload) : IUnlocker
    {
        private readonly FileSource _content = new(plain);

        public IReadOnlyCollection<int> Partitions => [partition];

        public UnlockedVolume Open(int number, Extent place) => new(_content, offset, sectorSize);

        public void Dispose() => _content.Dispose();
    }
}
