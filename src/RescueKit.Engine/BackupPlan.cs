using RescueKit.Engine.Survey;
using RescueKit.Model;

namespace RescueKit.Engine;

/// <summary>What a backup is going to do, from a survey.</summary>
internal static class BackupPlan
{
    /// <param name="hot">What there is to say of the snapshot.</param>
    public static RunPlan Make(DiskSurvey survey, IImageStore store, BackupRequest request, IReadOnlyList<string> hot)
    {
        List<string> warnings = [.. request.Notes, .. hot, .. survey.Warnings];
        if (store.FreeBytes is { } free && free < survey.UsedBytes)
            warnings.Add($"{store.Location} has {free} bytes free for up to {survey.UsedBytes} bytes of data: the image may not fit.");
        if (request.SplitBytes is null && store.MaxPartBytes is { } limit)
            warnings.Add($"{store.Location} cannot hold files of more than {limit} bytes: the image is split into parts.");
        return new RunPlan
        {
            Operation = "backup",
            From = PlanItems.Disk(survey.Disk, survey.Layout),
            Onto = new PlanDisk(request.Image, store.FreeBytes ?? 0, null, null, store.FreeBytes is { } f ? $"{f} bytes free" : "image"),
            Items = PlanItems.Of(survey),
            Warnings = warnings,
            BytesToRead = PlanItems.BytesToRead(survey),
            BytesToWrite = survey.UsedBytes,
        };
    }

    /// <summary>What the person asked for, or less where the file system of the store allows less.</summary>
    public static long? SplitBytes(BackupRequest request, IImageStore store) => (request.SplitBytes, store.MaxPartBytes) switch
    {
        ({ } wanted, { } most) => Math.Min(wanted, most),
        var (wanted, most) => wanted ?? most,
    };
}
