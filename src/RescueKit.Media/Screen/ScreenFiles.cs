using System.Text;
using RescueKit.Media.Packages;
using RescueKit.Media.Tools;
using RescueKit.Media.Tree;
using RescueKit.Model;

namespace RescueKit.Media.Screen;

/// <summary>A keyboard layout of media/keymaps.</summary>
internal sealed record KeyboardLayout(string Name, string Keymap, string Title)
{
    public static IReadOnlyList<KeyboardLayout> All { get; } =
        [.. Assets.Words("keymaps").Select(words => new KeyboardLayout(words[0], words[1], string.Join(' ', words[2..])))];
}

/// <summary>Font and keyboard layouts of the environment's consoles.</summary>
internal static class ScreenFiles
{
    private const string Folder = "usr/share/rescuekit";

    /// <param name="kbd">Has loadkeys, which is run as it lies there.</param>
    public static void Add(SystemTree tree, UnpackedPackage unifont, UnpackedPackage consoleData, UnpackedPackage kbd)
    {
        tree.AddBytes($"{Folder}/console.psf", ConsoleFont.Build([.. Assets.Words("font/signs")], Glyphs(unifont)));
        foreach (var layout in KeyboardLayout.All) tree.AddBytes($"{Folder}/keymaps/{layout.Name}.bmap", BinaryKeymap(layout, consoleData, kbd));
    }

    /// <summary>Unifont's, and above them those drawn for RescueKit.</summary>
    public static IReadOnlyDictionary<int, byte[]> Glyphs(UnpackedPackage unifont)
    {
        var hex = unifont.Files.FirstOrDefault(file => file.EndsWith("/unifont.hex", StringComparison.Ordinal)) ?? throw new DeviceException("the package unifont has no unifont.hex");
        var glyphs = ConsoleFont.ReadHex(File.ReadLines(Path.Combine(unifont.Root, hex)));
        foreach (var (character, rows) in ConsoleFont.ReadHex(Assets.Lines("font/glyphs.hex"))) glyphs[character] = rows;
        return glyphs;
    }

    /// <summary>What busybox's loadkmap reads: `loadkeys --bkeymap` writes it.</summary>
    private static byte[] BinaryKeymap(KeyboardLayout layout, UnpackedPackage consoleData, UnpackedPackage kbd)
    {
        var keymaps = Path.Combine(consoleData.Root, "usr/share/keymaps");
        var output = Path.GetTempFileName();
        try
        {
            // loadkeys writes binary to its standard output, which ExternalTool would take for text.
            ExternalTool.Run("sh", ["-c", "exec \"$1\" -u -q -b \"$2\" >\"$3\"", "sh", Path.Combine(kbd.Root, "bin/loadkeys"), Path.Combine(keymaps, layout.Keymap + ".kmap.gz"), output], new ToolSetting
            {
                Environment = { ["LOADKEYS_KEYMAP_PATH"] = $"{keymaps}/i386/include:{keymaps}/include", ["PATH"] = "/usr/bin:/bin" },
            });
            var keymap = File.ReadAllBytes(output);
            return keymap.AsSpan().StartsWith("bkeymap"u8) ? keymap : throw new DeviceException($"loadkeys made no binary keymap of {layout.Keymap}: {Encoding.Latin1.GetString(keymap.AsSpan(0, Math.Min(200, keymap.Length)))}");
        }
        finally
        {
            File.Delete(output);
        }
    }
}
