using RescueKit.Engine;
using RescueKit.Engine.Receipts;
using RescueKit.Model;

namespace RescueKit.Agent.Hosting;

/// <param name="Path">Where the receipt was saved; null where it was not.</param>
/// <param name="Warning">What a person should know of it; null for nothing.</param>
internal sealed record KeptReceipt(string? Path, string? Warning);

/// <summary>
/// Saves what a run leaves to be read: on the stick, else beside the image, else in the host's own folder. A backup writes its receipt beside
/// its image by itself.
/// </summary>
/// <param name="stickFolder">The stick's data partition where it is mounted for writing; null where not.</param>
/// <param name="lastResort">A folder that is made when it is needed.</param>
internal sealed class ReceiptKeeper(Func<string?> stickFolder, string lastResort, TimeProvider clock)
{
    private const string Folder = "receipts";

    /// <summary>Takes the place that the words of the run name, before anything is written.</summary>
    /// <exception cref="RescueKitException">It cannot hold the receipt.</exception>
    public Place Prepare(RunPlan plan, string? wanted) =>
        new(this, plan, wanted is null ? null : ReceiptFile.Prepare(wanted, plan.From.Path, plan.Onto.Path), wanted);

    private IEnumerable<string> Folders(RunPlan plan)
    {
        if (stickFolder() is { } stick) yield return Path.Combine(stick, Folder);
        if (plan.Operation is "restore" or "verify") yield return Path.GetDirectoryName(Path.GetFullPath(plan.From.Path))!;
        yield return Path.Combine(lastResort, Folder);
    }

    private string FreeName(string folder, RunPlan plan)
    {
        var about = Path.GetFileNameWithoutExtension(plan.Operation == "clone" ? plan.Onto.Path : plan.From.Path);
        var now = clock.GetLocalNow();
        // Images are named by their day: it is not said twice.
        var day = $"-{now:yyyy-MM-dd}";
        var name = $"{about}{(about.EndsWith(day, StringComparison.Ordinal) ? "" : day)}-{now:HHmmss}";
        var path = Path.Combine(folder, name + ".json");
        for (var next = 2; Path.Exists(path); next++) path = Path.Combine(folder, $"{name}-{next}.json");
        return path;
    }

    private KeptReceipt KeepSomewhere(RunPlan plan, byte[] json)
    {
        var problem = "";
        foreach (var folder in Folders(plan))
        {
            try
            {
                Directory.CreateDirectory(folder);
                var path = FreeName(folder, plan);
                ReceiptFile.Write(path, json);
                return new KeptReceipt(path, null);
            }
            catch (Exception e) when (e is RescueKitException or IOException or UnauthorizedAccessException)
            {
                problem = e.Message;
            }
        }
        return new KeptReceipt(null, $"The receipt could not be saved: {problem}");
    }

    /// <summary>Where one run's receipt goes. The run is over whatever becomes of it: a failure here is a sentence, not an error.</summary>
    internal sealed class Place(ReceiptKeeper keeper, RunPlan plan, ReceiptFile? wanted, string? path) : IDisposable
    {
        /// <param name="isStored">By the run, beside its image.</param>
        public KeptReceipt Keep(Receipt receipt, bool isConfidential, bool isStored)
        {
            var json = (byte[])[.. ReceiptJson.Serialize(isConfidential ? ReceiptJson.ForEncrypted(receipt) : receipt), (byte)'\n'];
            if (wanted is not null) return KeepAsWanted(json);
            if (plan.Operation != "backup") return keeper.KeepSomewhere(plan, json);
            return new KeptReceipt(isStored ? plan.Onto.Path + ".receipt.json" : null, null);
        }

        public void Dispose() => wanted?.Dispose();

        private KeptReceipt KeepAsWanted(byte[] json)
        {
            try
            {
                wanted!.Write(json);
                return new KeptReceipt(path, null);
            }
            catch (RescueKitException e)
            {
                return new KeptReceipt(null, $"The receipt could not be written: {e.Message}");
            }
        }
    }
}
