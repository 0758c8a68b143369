using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Engine.Survey;

/// <summary>Puts a survey into the words of an image's description.</summary>
internal static class Describing
{
    /// <summary>Areas beyond this many bytes in all are not repeated in the description; they are in the content anyway.</summary>
    private const long MostTableBytes = 4 << 20;

    public static ImageDescription Image(DiskSurvey survey, string tool, DateTimeOffset startedAt, HotRecord? hot = null)
    {
        var (disk, layout, identity) = (survey.Disk, survey.Layout, survey.Disk.Geometry.Identity);
        return new ImageDescription
        {
            Disk = new SourceDisk(
                disk.Length, disk.Geometry.LogicalSectorSize, disk.Geometry.PhysicalSectorSize, layout.Kind.ToString().ToLowerInvariant(),
                layout.SectorSize, layout.DiskId, disk.Name, identity.Model, identity.Serial, identity.Wwn, identity.Bus)
            {
                SectorSizeIsGuess = disk.Geometry.SectorSizeIsGuess ? true : null,
            },
            Volumes = [.. survey.Volumes.Select(volume => Volume(volume, hot))],
            Taken = hot is null ? new Taking("cold", "offline", startedAt) { Host = Environment.MachineName } : Taken(hot, startedAt),
            TableAreas = TableAreas(survey),
            Writer = tool,
            Warnings = layout.Warnings.Count > 0 ? layout.Warnings : null,
        };
    }

    private static Taking Taken(HotRecord hot, DateTimeOffset startedAt) => new("hot", hot.Consistency, startedAt)
    {
        Host = Environment.MachineName,
        Provider = hot.Provider,
        FreezeSeconds = hot.FreezeSeconds,
        Writers = [.. hot.Writers.Where(writer => writer.State == "frozen").Select(writer => writer.Name)],
        WriterResults = hot.Writers.Count == 0
            ? null
            : [.. hot.Writers.Select(writer => new TakingWriter(writer.Name, writer.Type, writer.State, writer.Message, writer.Seconds, writer.Marker, writer.Partitions))],
        WriterSeconds = hot.WriterSeconds,
        Databases = hot.Databases.Count == 0 ? null : [.. hot.Databases.Select(database => new TakingDatabase(database.Program, database.Folder, database.Partitions, database.Writer))],
        QuietSeconds = hot.Quiet?.Waited,
        QuietReached = hot.Quiet?.Reached,
    };

    private static ImagedVolume Volume(SurveyedVolume v, HotRecord? hot) => new(
        v.Partition.Number, v.Partition.Extent.Offset, v.Partition.Extent.Length, v.Partition.Type, v.Partition.TypeName, v.Partition.Id,
        v.Partition.Name, v.Partition.Attributes, v.Content.Type, v.Content.Label, v.Content.Uuid, v.Content.BlockSize, v.UsedBytes, v.Whole,
        v.WholeReason, v.Content.Unclean, v.ExcludedBytes, v.Content.IsSetMember, v.Content.EndAnchored, v.Included, v.Content.Warnings)
    {
        Consistency = hot?.Volumes.FirstOrDefault(volume => volume.Partition == v.Partition.Number)?.Consistency,
    };

    private static List<RawArea> TableAreas(DiskSurvey survey)
    {
        var areas = new List<RawArea>();
        if (survey.Layout.TableAreas.TotalLength > MostTableBytes) return areas;
        foreach (var extent in survey.Layout.TableAreas.Clip(new Extent(0, survey.Disk.Length)))
        {
            var bytes = new byte[extent.Length];
            try
            {
                survey.Disk.Read(extent.Offset, bytes);
            }
            catch (BlockReadException)
            {
                continue;
            }
            areas.Add(new RawArea(extent.Offset, bytes));
        }
        return areas;
    }
}
