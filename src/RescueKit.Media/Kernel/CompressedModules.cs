using RescueKit.Media.Tools;

namespace RescueKit.Media.Kernel;

/// <summary>
/// Many distributions compress the modules of their kernels (.ko.xz, .ko.zst, .ko.gz). On the media they lie plain: the squashfs around them is
/// compressed anyway, the signature at a module's end stays as it is, and whatever loads them can.
/// </summary>
internal static class CompressedModules
{
    private const int MostFilesAtOnce = 500;

    private static readonly (string Ending, string Program, string[] Options)[] s_kinds =
        [(".xz", "xz", ["--decompress"]), (".zst", "zstd", ["--decompress", "--quiet", "--rm"]), (".gz", "gzip", ["--decompress"])];

    /// <summary>Replaces all modules in a folder and below by what they hold.</summary>
    public static void Unpack(string folder)
    {
        foreach (var (ending, program, options) in s_kinds)
        {
            foreach (var files in Directory.EnumerateFiles(folder, "*.ko" + ending, SearchOption.AllDirectories).ToList().Chunk(MostFilesAtOnce))
                ExternalTool.Run(program, [.. options, .. files]);
        }
    }

    /// <summary>A module's path once it is unpacked.</summary>
    public static string PlainName(string path) => ModuleIndex.Stem(path) + ".ko";
}
