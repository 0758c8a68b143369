using RescueKit.Agent.Jobs;

namespace RescueKit.Agent.Service;

/// <summary>Which of a job's images go. Pure.</summary>
internal static class RetentionPlan
{
    /// <summary>
    /// Called when a new image is good; it, which is the newest, always stays. Only good images count: one with losses, or not read back to its end, takes
    /// the place of no other, and stays as long as a good one in its place would.
    /// </summary>
    /// <param name="images">The job's own ones that are there, oldest first.</param>
    /// <param name="age">As <see cref="ImageAges"/> has it; asked where the rule has days only.</param>
    /// <returns>In the order in which they are to be removed: useless ones first, then from the oldest.</returns>
    public static IReadOnlyList<JobImage> Remove(IReadOnlyList<ShelfImage> images, JobImage newest, Retention rule, Func<JobImage, TimeSpan> age)
    {
        if (!images.Any(image => image.Image == newest && image.IsGood)) return [];
        var old = images.Where(image => image.Image != newest).ToList();
        var gone = new List<JobImage>();
        // The new one is the first of those that are kept.
        var newerGood = 1;
        foreach (var image in old.Where(image => !image.IsUseless && !image.IsInDoubt).Reverse())
        {
            if (!(newerGood < (rule.Keep ?? 0)) && !IsYoung(image.Image, rule, age)) gone.Add(image.Image);
            if (image.IsGood) newerGood++;
        }
        return [.. old.Where(image => image.IsUseless).Select(image => image.Image), .. gone.AsEnumerable().Reverse()];
    }

    /// <summary>An image of a time to come, from before the clock was set back, is young.</summary>
    private static bool IsYoung(JobImage image, Retention rule, Func<JobImage, TimeSpan> age) => rule.KeepDays is { } days && age(image) < TimeSpan.FromDays(days);
}
