using RescueKit.Agent.Schedules;

namespace RescueKit.Agent.Service;

/// <summary>How old the images of a job are, also where the clock was wrong when one of them was made. Pure.</summary>
internal static class ImageAges
{
    /// <summary>
    /// An image is as old as the clock says, or as the steps from each image to the next one say together, whichever is less. A step back counts for nothing; one
    /// that is long for the job, since the clock is wrong or the machine was off, counts as if the later image had been made when the job was due. So one run
    /// under a wrong clock has no more images grow old than any other run.
    /// </summary>
    /// <param name="made">All that the job has made, whether they are there or not, in the order in which they were.</param>
    /// <param name="limit">The age that is asked about.</param>
    public static IReadOnlyDictionary<JobImage, TimeSpan> Of(IReadOnlyList<JobImage> made, CalendarExpression schedule, TimeZoneInfo zone, TimeSpan limit, DateTimeOffset now)
    {
        var ages = new Dictionary<JobImage, TimeSpan>();
        var (steps, later) = (TimeSpan.Zero, now);
        foreach (var image in made.Reverse())
        {
            steps += Step(image.At, later);
            ages[image] = now - image.At < steps ? now - image.At : steps;
            later = image.At;
        }
        return ages;

        TimeSpan Step(DateTimeOffset from, DateTimeOffset to)
        {
            var step = to - from;
            if (step <= TimeSpan.Zero) return TimeSpan.Zero;
            if (step <= limit / 2) return step;
            // A run may be late, and one may be left out.
            if (schedule.Next(from, zone) is not { } due) return TimeSpan.Zero;
            return schedule.Next(due, zone) is { } second && to <= second ? step : due - from;
        }
    }
}
