using System.Text;
using RescueKit.Media.Screen;

namespace RescueKit.Media.Boot;

/// <summary>The files that media/boot/grub.cfg reads beside itself, in GRUB's language.</summary>
internal static class MenuSettings
{
    /// <summary>The id that <see cref="Stick"/> has on an image that was written to no stick: `media write` puts the disk's own in its place.</summary>
    public const string NoStick = "00000000-0000-0000-0000-000000000000";

    private const int StickFileLength = 2048;

    /// <summary>What was chosen when the media were built.</summary>
    public static string Settings(string keyboard, string? run, string then)
    {
        var text = new StringBuilder($"if [ -z \"$keyboard\" ]; then\n    set keyboard={keyboard}\nfi\nexport keyboard\n");
        if (run is not null) text.Append($"set run={Quoted(run)}\nset then={then}\n");
        return text.ToString();
    }

    /// <summary>One entry for each layout; choosing it shows the menu again.</summary>
    public static string Keyboards(IEnumerable<KeyboardLayout> layouts) => string.Concat(layouts.Select(layout =>
        $"menuentry \"{layout.Name,-6} {layout.Title}\" {{\n    set keyboard={layout.Name}\n    export keyboard\n    configfile /boot/grub/grub.cfg\n}}\n"));

    /// <summary>A sector of its own, to be changed in place. Its id is the GPT's disk GUID, by which the environment knows its own stick.</summary>
    public static byte[] Stick(string id)
    {
        var text = Encoding.ASCII.GetBytes($"{StickLine}{id}\n");
        var file = new byte[StickFileLength];
        file.AsSpan().Fill((byte)'\n');
        text.CopyTo(file, 0);
        return file;
    }

    public static string StickLine => "set rescuekit_stick=";

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
