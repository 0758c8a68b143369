using System.Globalization;
using RescueKit.Media.Tools;

namespace RescueKit.Media.Boot;

/// <summary>The one time that everything on the media bears (https://reproducible-builds.org/specs/source-date-epoch): SOURCE_DATE_EPOCH, else the kernel's.</summary>
internal sealed record SourceDate(long Seconds)
{
    public static SourceDate For(string kernelImage) => new(
        long.TryParse(Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH"), CultureInfo.InvariantCulture, out var given)
            ? given
            : new DateTimeOffset(File.GetLastWriteTimeUtc(kernelImage)).ToUnixTimeSeconds());

    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeSeconds(Seconds);

    /// <summary>For tools that follow the specification.</summary>
    public ToolSetting Setting => new() { Environment = { ["SOURCE_DATE_EPOCH"] = Seconds.ToString(CultureInfo.InvariantCulture) } };

    /// <summary>For tools that take each file's own time.</summary>
    public void Stamp(string root)
    {
        foreach (var file in FolderWalk.Files(root).Select(file => Path.Combine(root, file)))
        {
            if (new FileInfo(file).LinkTarget is null) File.SetLastWriteTimeUtc(file, Time.UtcDateTime);
        }
        foreach (var folder in Directory.EnumerateDirectories(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
            Directory.SetLastWriteTimeUtc(folder, Time.UtcDateTime);
        Directory.SetLastWriteTimeUtc(root, Time.UtcDateTime);
    }
}
