using RescueKit.Images.Codecs;

namespace RescueKit.Images.Tests;

public class RoundTripTests
{
    [Theory]
    [CombinatorialData]
    public void What_was_put_comes_back(CodecKind codec, bool encrypted, bool split, int chunkSize)
    {
        var disk = TestDisk.Mixed(7, 61, chunkSize);
        var options = TestImages.Options(codec, encrypted, split ? chunkSize * 5 + 8192 : null, chunkSize);
        var (store, summary) = TestImages.Create(disk, options);
        Assert.Equal(split, store.Parts.Count > 2);
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        Assert.Empty(reader.Repairs);
        Assert.True(reader.IsComplete);
        Assert.Equal(summary, reader.Summary);
        Assert.Equal(store.Parts.Values.Sum(p => p.Length), summary.StoredBytes);
        TestImages.AssertHolds(reader, disk);
    }
}

/// <summary>Every codec, encrypted or not, split or not, at several chunk sizes.</summary>
public sealed class CombinatorialDataAttribute : Xunit.Sdk.DataAttribute
{
    public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod) =>
        from codec in Enum.GetValues<CodecKind>()
        from encrypted in (bool[])[false, true]
        from split in (bool[])[false, true]
        from chunkSize in (int[])[4096, 8192, 65536]
        select new object[] { codec, encrypted, split, chunkSize };
}
