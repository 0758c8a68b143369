using RescueKit.Model;
using RescueKit.Snapshots.Writers.Configuration;
using RescueKit.Snapshots.Writers.Detection;

namespace RescueKit.Snapshots.Writers;

/// <summary>What a person has to know of applications that were not frozen, a sentence each.</summary>
internal static class WriterWarnings
{
    public static IEnumerable<string> Of(IReadOnlyList<WriterSeat> seats, IReadOnlyList<RunningServer> servers)
    {
        foreach (var seat in seats.Where(seat => seat.State == WriterState.Failed))
            yield return $"The writer {seat.Name} {seat.Message}. What it stands for is in the image as after a power cut.";
        foreach (var server in servers.Where(server => !seats.Any(seat => seat.State != WriterState.Skipped && seat.Covers(server))))
        {
            yield return $"{server.Program} runs with files in {server.Folder}, on {string.Join(" and ", server.Volumes.Select(volume => volume.Name))}, and no writer freezes it: "
                + $"it is in the image as after a power cut. To have it frozen, put {Example(server)} into a file in {WriterFolderReader.StandardFolder}.";
        }
    }

    private static string Example(RunningServer server) => server.WriterType == "hook"
        ? $"{{\"name\": \"{server.Program}\", \"type\": \"hook\", \"command\": \"/PATH/OF/A/SCRIPT\", \"covers\": [\"{server.Folder}\"]}}"
        : $"{{\"name\": \"{server.Program}\", \"type\": \"{server.WriterType}\"}}";
}
