using RescueKit.Agent.Jobs;

namespace RescueKit.Agent.Service;

/// <summary>Which of a job's images go. Pure.</summary>
internal static class RetentionPlan
{
    /// <summary>Called when a new image is complete; it, which is the newest, always stays.</summary>
    /// <param name="images">The job's own ones that are there, oldest first.</param>
    /// <returns>In the order in which they are to be removed: incomplete ones first, then from the oldest.</returns>
    public static IReadOnlyList<JobImage> Remove(IReadOnlyList<ShelfImage> images, JobImage newest, Retention rule, DateTimeOffset now)
    {
        if (!images.Any(image => image.Image == newest && image.IsComplete)) return [];
        var old = images.Where(image => image.Image != newest).ToList();
        var complete = old.Where(image => image.IsComplete).Select(image => image.Image).Reverse().ToList();
        // The new one is the first of those that are kept.
        var gone = complete.Where((image, index) => !(index + 1 < (rule.Keep ?? 0)) && !IsYoung(image, rule, now)).Reverse();
        return [.. old.Where(image => !image.IsComplete).Select(image => image.Image), .. gone];
    }

    /// <summary>An image of a time to come, from before the clock was set back, is young.</summary>
    private static bool IsYoung(JobImage image, Retention rule, DateTimeOffset now) => rule.KeepDays is { } days && now - image.At < TimeSpan.FromDays(days);
}
