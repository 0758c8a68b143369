using RescueKit.FileSystems;
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
        var inner = Inner(options);
        return Narrow(content, map, [.. content.Nested.Select(nested => (nested, DiskSurvey.Take(new NestedSource(volume, nested, $"{volume.Name}, {nested.Name}"), inner, depth + 1)))], out surveys);
    }

    /// <summary>An enciphered volume that was opened: what is used of its content, where that lies enciphered, and all around it.</summary>
    /// <exception cref="DeviceException">The content does not lie on the volume as it must.</exception>
    public static VolumeContent Opened(IBlockSource volume, VolumeContent content, UnlockedVolume unlocked, SurveyOptions options, int depth, out IReadOnlyList<(string Name, DiskSurvey Survey)> surveys)
    {
        var place = new Extent(unlocked.Offset, unlocked.Content.Length);
        if (place.IsEmpty || place.End > volume.Length || place.Offset % unlocked.SectorSize != 0)
            throw new DeviceException($"the content of {volume.Name} does not lie on it in one piece: it cannot be told what is used of it", "leave --unlock out: it is taken whole");
        var nested = new NestedVolume($"{content.Type}, opened", [new NestedPiece(0, place.Length, place, Striping.None, 0)]);
        var all = new ExtentSetMap(ExtentSet.Of(new Extent(0, volume.Length)));
        var narrowed = Narrow(content, all, [(nested, DiskSurvey.Take(unlocked.Content, Inner(options), depth + 1))], out surveys);
        return narrowed with { WholeReason = null, Map = new RoundedMap(narrowed.Map!, volume.Length, unlocked.SectorSize) };
    }

    private static SurveyOptions Inner(SurveyOptions options) => options with { Partitions = [], AcceptUnclean = [], ExcludeWindowsSwap = false, Unlock = null };

    private static VolumeContent Narrow(
        VolumeContent content, IAllocationMap map, IReadOnlyList<(NestedVolume Nested, DiskSurvey Survey)> inside, out IReadOnlyList<(string Name, DiskSurvey Survey)> surveys)
    {
        surveys = [.. inside.Select(pair => (pair.Nested.Name, pair.Survey))];
        var volumes = inside.SelectMany(pair => pair.Survey.Volumes);
        return content with
        {
            Map = new NestedMap(map, inside),
            Hibernated = volumes.Any(found => found.Content.Hibernated),
            Unclean = volumes.Any(found => found.Content.Unclean),
            Warnings = [.. content.Warnings, .. inside.SelectMany(pair => pair.Survey.Warnings.Select(warning => $"{pair.Nested.Name}: {warning}"))],
        };
    }
}
