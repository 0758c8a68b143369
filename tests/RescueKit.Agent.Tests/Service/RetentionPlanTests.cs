using RescueKit.Agent.Jobs;
using RescueKit.Agent.Service;
using RescueKit.Engine;

namespace RescueKit.Agent.Tests.Service;

public class RetentionPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 10, 12, 0, 0, TimeSpan.Zero);

    // Names of images, oldest first, by their age in days, and how they are: ! has no end, d is damaged, l has losses, u was not read back to its end, ? was
    // complete and has no end now, g is complete, nothing is complete and of an older agent. The last one is new.
    [Theory]
    [InlineData(3, null, "9 8 7 6 0", "9 8")]
    [InlineData(1, null, "9 8! 7 0", "8! 9 7")]
    [InlineData(10, null, "9 8! 7 0", "8!")]
    [InlineData(null, 7, "9 8 7 6 0", "9 8 7")]
    [InlineData(null, 1, "9 8 7! 0", "7! 9 8")]
    [InlineData(2, 8, "9 8 7 6 0", "9 8")]
    [InlineData(4, 7, "9 8 7 6 0", "9")]
    [InlineData(2, 1, "-5 -4 0", "")] // from before the clock was set back
    [InlineData(1, null, "0", "")]
    [InlineData(1, null, "9 8 0!", "")] // not after a run without a complete image
    [InlineData(2, null, "9g 8d 0g", "8d")] // the damaged one takes no good one's place
    [InlineData(2, null, "9g 8d 7g 0g", "8d 9g")]
    [InlineData(1, null, "9d 8g 0g", "9d 8g")]
    [InlineData(2, 30, "9d 8g 0g", "9d")]
    [InlineData(2, null, "9g 8l 7u 0g", "")] // as good as nothing for the older one, and better than nothing
    [InlineData(2, null, "9g 8l 7u 6g 0g", "9g 8l 7u")]
    [InlineData(null, 7, "9l 6l 5u 0g", "9l")]
    [InlineData(1, null, "9g 8? 0g", "9g")] // a share that does not answer for a moment
    [InlineData(2, null, "9g 8? 0g", "")]
    [InlineData(1, null, "9g 0d", "")]
    [InlineData(1, null, "9g 0l", "")]
    [InlineData(1, null, "9g 0?", "")]
    public void What_goes(int? keep, int? days, string there, string gone)
    {
        var images = there.Split(' ').Select(Image).ToList();
        Assert.Equal(gone, string.Join(' ', RetentionPlan.Remove(images, images[^1].Image, new Retention(keep, days), image => Now - image.At).Select(image => image.Path)));
    }

    private static ShelfImage Image(string name)
    {
        int? exitCode = name[^1] switch { 'g' or '?' => ExitCodes.Done, 'd' => ExitCodes.Image, 'l' => ExitCodes.DoneWithLosses, 'u' => ExitCodes.Cancelled, _ => null };
        var age = int.Parse(name.TrimEnd('!', 'd', 'l', 'u', '?', 'g'), System.Globalization.CultureInfo.InvariantCulture);
        return new ShelfImage(new JobImage(name, Guid.NewGuid(), Now.AddDays(-age), exitCode), name[^1] is not ('!' or '?'));
    }
}
