using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Receipts;
using RescueKit.Images;
using RescueKit.Images.Verification;
using RescueKit.Model;

namespace RescueKit.Engine;

/// <summary>Verifies an image and puts what was found into words.</summary>
internal static class ImageProof
{
    private const int MostLines = 100;

    /// <param name="draft">Is told how much was verified, also where that is interrupted.</param>
    public static ImageVerification Run(ImageReader image, ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        meter.Begin("verifying", image.Summary is { } s ? s.DataChunks * image.ChunkSize : 0);
        var found = new ImageVerifier(image).Run(
            bytes =>
            {
                meter.Set(bytes);
                draft.BytesVerified = bytes;
            },
            cancel);
        meter.Set(found.VerifiedBytes);
        meter.End();
        draft.BytesVerified = found.VerifiedBytes;
        return found;
    }

    /// <summary>Null where every byte of the image is what was written, recorded losses of the disk included.</summary>
    public static ImageException? Fault(string name, ImageVerification found)
    {
        var damage = $"damaged in {found.DamageCount} {(found.DamageCount == 1 ? "place" : "places")}";
        if (!found.IsComplete)
        {
            var also = found.DamageCount == 0 ? "" : $"; it is also {damage}";
            return new ImageIncompleteException($"{name} was begun and never completed, or its end is lost{also}", "complete it: rescuekit image create … --resume");
        }
        if (found.DamageCount > 0 || found.PendingChunks > 0)
        {
            return new ImageDamagedException(
                $"{name} is {damage}: {found.DamagedBytes} bytes of the disk cannot be had from it", "use another copy of it, or take the image again");
        }
        return found.IsSound ? null : new ImageDamagedException(
            $"{name} could only be opened by working around damage; its chunks are good", "copy what is on it to a new image: restore it, and take it again");
    }

    /// <summary>What was found, a sentence each.</summary>
    public static IEnumerable<string> Lines(ImageVerification found)
    {
        foreach (var damage in found.Damage.Take(MostLines))
            yield return damage.Disk is { } lost ? $"{damage.Message} (disk offset {lost.Offset}, {lost.Length} bytes)" : damage.Message;
        if (found.DamageCount > MostLines) yield return $"There are {found.DamageCount - MostLines} more such places.";
    }
}
