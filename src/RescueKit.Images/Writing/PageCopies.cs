using RescueKit.Images.Format;
using RescueKit.Images.Parts;

namespace RescueKit.Images.Writing;

/// <summary>
/// Pages whose second copy is yet to be written: a page tells of up to a GiB of the disk, so one bad sector must not cost it. A copy waits
/// until it comes to lie at a distance from the first, so a page, and at most 4 KiB of small ones, are held here.
/// </summary>
internal sealed class PageCopies(FrameAppender appender)
{
    private readonly List<Waiting> _waiting = [];
    private readonly Stack<FrameBuilder> _builders = [];

    public void Add(RegionPage page, FrameLocation first)
    {
        if (!_builders.TryPop(out var builder)) builder = new FrameBuilder();
        RegionPageFormat.Write(builder.Clear(), page, checkpoint: false);
        _waiting.Add(new Waiting(page.Region, first, builder));
    }

    /// <summary>A page that is about to be superseded needs no copy, and one behind its region's new chunks would hide them from a scan.</summary>
    public void Forget(int region)
    {
        var index = _waiting.FindIndex(copy => copy.Region == region);
        if (index < 0) return;
        _builders.Push(_waiting[index].Payload);
        _waiting.RemoveAt(index);
    }

    /// <summary>True where a copy that is appended now would lie too near to its page.</summary>
    public bool IsLastTooNear => _waiting.Count > 0 && !IsFar(_waiting[^1].First);

    /// <summary>The oldest copy, where it can be appended now; stays until it is said to be <see cref="Done"/>.</summary>
    public Waiting? NextDue() => _waiting.Count > 0 && IsFar(_waiting[0].First) ? _waiting[0] : null;

    public void Done(Waiting copy)
    {
        _waiting.Remove(copy);
        _builders.Push(copy.Payload);
    }

    private bool IsFar(FrameLocation first) =>
        first.Part != appender.Part || appender.Position >= first.Offset + FrameHeader.Total(first.StoredLength) + FormatLimits.SpareDistance;

    /// <param name="First">Where the page itself lies.</param>
    public sealed record Waiting(int Region, FrameLocation First, FrameBuilder Payload);
}
