using RescueKit.Cli.Json;

namespace RescueKit.Cli.Output;

/// <summary>Files of an image, for people.</summary>
internal static class FileText
{
    public static void Write(TextWriter to, FileListDocument list)
    {
        var table = new Table("", "MODE", "OWNER", "GROUP", "SIZE", "MODIFIED", "NAME").Right(3);
        foreach (var file in list.Files)
        {
            table.Row($"{Letter(file.Kind)} {file.Mode}", $"{file.Owner}", $"{file.Group}", $"{file.Size}", FormattableString.Invariant($"{file.ModifiedAt.ToLocalTime():yyyy-MM-dd HH:mm:ss}"),
                Shown(file.Name) + (file.Target is { } target ? $" -> {Shown(target)}" : file.Kind == "folder" ? "/" : ""));
        }
        table.Write(to);
    }

    /// <summary>Names come from the image: they must not steer the terminal.</summary>
    private static string Shown(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));

    private static char Letter(string kind) => kind switch { "folder" => 'd', "link" => 'l', "device" => 'b', "pipe" => 'p', "socket" => 's', _ => '-' };
}
