using RescueKit.Agent.Jobs;
using RescueKit.Agent.Service;

namespace RescueKit.Agent.Tests.Service;

public class RetentionPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 10, 12, 0, 0, TimeSpan.Zero);

    // Names of images, oldest first, by their age in days; ! is incomplete. The last one is new.
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
    public void What_goes(int? keep, int? days, string there, string gone)
    {
        var images = there.Split(' ').Select(name => new ShelfImage(
            new JobImage(name, Guid.NewGuid(), Now.AddDays(-int.Parse(name.TrimEnd('!'), System.Globalization.CultureInfo.InvariantCulture))), !name.EndsWith('!'))).ToList();
        Assert.Equal(gone, string.Join(' ', RetentionPlan.Remove(images, images[^1].Image, new Retention(keep, days), Now).Select(image => image.Path)));
    }
}
