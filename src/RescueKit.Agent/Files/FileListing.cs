using System.Globalization;
using System.Text;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <param name="Kind">"file", "folder", "link", "device", "pipe", "socket".</param>
/// <param name="Size">Bytes.</param>
/// <param name="Mode">Octal, four digits: "0644".</param>
/// <param name="Target">Of a link; null for others.</param>
public sealed record ListedFile(string Name, string Kind, long Size, string Mode, long Owner, long Group, DateTimeOffset ModifiedAt, string? Target);

/// <summary>Files of this system, as find(1) tells of them.</summary>
internal static class FileListing
{
    private const int Fields = 8;
    private const string AllButName = @"\0%y\0%s\0%m\0%U\0%G\0%T@\0%l\0";

    /// <summary>What lies in a folder; or one file.</summary>
    public static IEnumerable<ListedFile> Of(IToolRunner tools, string place, bool isFolder)
    {
        var depth = isFolder ? "1" : "0";
        return ParseAll(tools.Must($"listing {place}", new ToolCall("find", place, "-mindepth", depth, "-maxdepth", depth, "-printf", "%f" + AllButName)));
    }

    /// <summary>Files by their paths in this system, links as such. What cannot be read is left out.</summary>
    /// <returns>With whole paths for names.</returns>
    public static IEnumerable<ListedFile> Details(IToolRunner tools, IEnumerable<string> paths) => ParseAll(tools.Run(
        new ToolCall("find", "-files0-from", "-", "-maxdepth", "0", "-printf", "%p" + AllButName) { Input = Encoding.UTF8.GetBytes(string.Join('\0', paths)) }).Output);

    private static IEnumerable<ListedFile> ParseAll(string said) => said.Split('\0', StringSplitOptions.None).SkipLast(1).Chunk(Fields).Select(Parse);

    private static ListedFile Parse(string[] field) => new(
        field[0],
        field[1] switch { "f" => "file", "d" => "folder", "l" => "link", "b" or "c" => "device", "p" => "pipe", "s" => "socket", _ => throw new DeviceException($"{field[0]} is of an unknown kind") },
        long.Parse(field[2], CultureInfo.InvariantCulture),
        field[3].PadLeft(4, '0'),
        long.Parse(field[4], CultureInfo.InvariantCulture),
        long.Parse(field[5], CultureInfo.InvariantCulture),
        DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds((double)decimal.Parse(field[6], NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)),
        field[1] == "l" ? field[7] : null);
}
