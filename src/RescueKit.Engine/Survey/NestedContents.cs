using RescueKit.Model;

namespace RescueKit.Engine.Survey;

/// <summary>Looks into the volumes inside a volume: logical volumes, which may have partitions, and physical volumes again.</summary>
internal static class NestedContents
{
    /// <summary>A group inside a logical volume of a group is seen; deeper, each counts as used.</summary>
    private const int Deepest = 3;

    /// <summary>The content with its map narrowed by what its inner volumes hold, and with what they say.</summary>
    /// <param name="surveys">What was found in each, in their order.</param>
    public static VolumeContent Narrow(IBlockSource volume, VolumeContent content, SurveyOptions options, int depth, out IReadOnlyList<(string Name, DiskSurvey Survey)> surveys)
    {
        surveys = [];
        if (content.Map is not { } map || content.Nested.Count == 0 || depth >= Deepest) return content;
        var inner = options with { Partitions = [], ExcludeWindowsSwap = false };
        var inside = content.Nested.Select(nested => (nested, DiskSurvey.Take(new NestedSource(volume, nested, $"{volume.Name}, {nested.Name}"), inner, depth + 1))).ToList();
        surveys = [.. inside.Select(pair => (pair.nested.Name, pair.Item2))];
        var volumes = inside.SelectMany(pair => pair.Item2.Volumes);
        return content with
        {
            Map = new NestedMap(map, inside),
            Hibernated = volumes.Any(found => found.Content.Hibernated),
            Unclean = volumes.Any(found => found.Content.Unclean),
            Warnings = [.. content.Warnings, .. inside.SelectMany(pair => pair.Item2.Warnings.Select(warning => $"{pair.nested.Name}: {warning}"))],
        };
    }
}
