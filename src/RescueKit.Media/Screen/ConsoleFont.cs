using System.Text;
using RescueKit.Model;

namespace RescueKit.Media.Screen;

/// <summary>
/// The font of the Linux console: 256 glyphs of 8×16 dots (with 512 the kernel would have no bright colours left), ASCII and Latin-1 at their
/// own places and the signs of media/font/signs in those that are left. Glyphs come from GNU Unifont.
/// </summary>
internal static class ConsoleFont
{
    private const int GlyphCount = 256;
    private const int GlyphBytes = 16;

    /// <summary>VGA repeats the last column of these places, so that lines meet in cells of nine dots.</summary>
    private const int FirstLinePlace = 0xC0;

    /// <param name="signs">The glyph and those that it stands for as well.</param>
    /// <param name="glyphs">Of Unifont's .hex files: character to 16 rows.</param>
    /// <returns>A PSF2 file (man psfaddtable; kbd's psf.h).</returns>
    public static byte[] Build(IReadOnlyList<string[]> signs, IReadOnlyDictionary<int, byte[]> glyphs)
    {
        var places = Places(signs);
        var file = new MemoryStream();
        using (var writer = new BinaryWriter(file, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write([0x72, 0xb5, 0x4a, 0x86]);
            foreach (var field in (int[])[0, 32, 1, GlyphCount, GlyphBytes, 16, 8]) writer.Write(field); // version, header, has a Unicode table, …
            foreach (var place in places) writer.Write(place is null ? new byte[GlyphBytes] : Glyph(place[0], glyphs));
            foreach (var place in places)
            {
                foreach (var character in place ?? []) writer.Write(Encoding.UTF8.GetBytes(character));
                writer.Write((byte)0xff);
            }
        }
        return file.ToArray();
    }

    /// <summary>Lines "2500:00000000000000FF0000000000000000": only those of 8 dots width.</summary>
    public static Dictionary<int, byte[]> ReadHex(IEnumerable<string> lines) => lines.Select(line => line.Trim().Split(':')).Where(parts => parts is [_, { Length: 2 * GlyphBytes }])
        .ToDictionary(parts => Convert.ToInt32(parts[0], 16), parts => Convert.FromHexString(parts[1]));

    private static string[]?[] Places(IReadOnlyList<string[]> signs)
    {
        var places = new string[]?[GlyphCount];
        var lines = new Queue<string[]>(signs.Where(IsLine));
        for (var place = FirstLinePlace; lines.Count > 0 && place < FirstLinePlace + 32; place++) places[place] = lines.Dequeue();
        var others = lines.Concat(signs.Where(sign => !IsLine(sign))).ToList();
        for (var character = ' '; character <= '\u00ff'; character++)
        {
            if (character is > '~' and < '\u00a0' or '\u00ad') continue; // controls, and the hyphen that is not shown
            string[] latin = [character.ToString()];
            if (places[character] is null) places[character] = latin;
            else others.Add(latin);
        }
        foreach (var sign in others)
        {
            var free = Array.IndexOf(places, null);
            if (free < 0) throw new FormatException($"media/font/signs has more signs than the console font has room for: {sign[0]} does not fit");
            places[free] = sign;
        }
        return places;
    }

    private static bool IsLine(string[] sign) => sign[0][0] is >= '─' and <= '▟';

    private static byte[] Glyph(string character, IReadOnlyDictionary<int, byte[]> glyphs) =>
        glyphs.GetValueOrDefault(char.ConvertToUtf32(character, 0)) ?? throw new DeviceException($"Unifont has no narrow glyph for {character}", "Draw it in media/font/glyphs.hex.");
}
