using RescueKit.Engine.Content;
using RescueKit.Engine.Pipelines;
using RescueKit.Model;

namespace RescueKit.Engine.Reading;

/// <summary>Takes everything that can be read of a surveyed disk: good areas first, then, where asked for, the bad ones.</summary>
internal static class Passes
{
    /// <summary>Returns what could not be read; always empty under <see cref="BadSectorPolicy.Fail"/>.</summary>
    /// <exception cref="BlockReadException">Under <see cref="BadSectorPolicy.Fail"/>: the first bad sector that is in use.</exception>
    public static ExtentSet Run(
        SurveyedContent content, IChunkSink sink, BadSectorPolicy policy, TimeSpan? limit, ProgressMeter meter, RunResources resources,
        CancellationToken cancel)
    {
        var badAreas = policy == BadSectorPolicy.Skip ? new BadAreas() : null;
        var first = new FirstPass(content, sink, badAreas, meter, resources);
        var deferred = first.Run(ExtentSet.Of(new Extent(0, content.Length)), cancel);
        if (deferred.IsEmpty) return deferred;
        meter.Rename("reading bad areas");
        return new Salvage(content, sink, first.Kept, limit, meter, resources.Clock).Run(deferred, cancel);
    }
}
