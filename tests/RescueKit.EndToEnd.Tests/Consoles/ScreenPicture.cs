using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace RescueKit.EndToEnd.Tests.Consoles;

/// <summary>The text on a picture of a Linux console, read by the font that drew it. Formats: PPM (netpbm's ppm(5)) and PSF2 (kbd's psf.h).</summary>
internal static class ScreenPicture
{
    private const int Rows = 16;
    private const int VgaColumns = 9;

    /// <param name="picture">A binary PPM file, as QEMU's screendump writes it.</param>
    /// <param name="font">A PSF2 file with glyphs of 8 by 16 dots and a table of their characters.</param>
    /// <returns>Lines of characters; U+FFFD for a cell that shows none of the font.</returns>
    public static string Read(byte[] picture, byte[] font)
    {
        var glyphs = Glyphs(font);
        var (width, height, dots) = Header(picture);
        var columns = width == 80 * VgaColumns ? VgaColumns : 8;
        var text = new StringBuilder();
        for (var y = 0; y + Rows <= height; y += Rows)
        {
            var isReverse = false;
            for (var x = 0; x + columns <= width; x += columns)
            {
                UInt128 cell = 0;
                for (var row = 0; row < Rows; row++) cell = (cell << 8) | Dots(picture.AsSpan(dots + (3 * (((y + row) * width) + x)), 3 * 8));
                text.Append(Character(glyphs, cell, ref isReverse));
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>Light on dark, or dark on light where it is shown in reverse; between such, a full cell is a space.</summary>
    private static string Character(Dictionary<UInt128, string> glyphs, UInt128 cell, ref bool isReverse)
    {
        if (isReverse && cell == UInt128.MaxValue) return " ";
        isReverse = !glyphs.ContainsKey(cell);
        return glyphs.GetValueOrDefault(isReverse ? ~cell : cell) ?? "\ufffd";
    }

    private static byte Dots(ReadOnlySpan<byte> colours)
    {
        byte dots = 0;
        for (var i = 0; i < 8; i++) dots = (byte)((dots << 1) | (colours.Slice(3 * i, 3).ContainsAnyExcept((byte)0) ? 1 : 0));
        return dots;
    }

    private static (int Width, int Height, int Dots) Header(byte[] picture)
    {
        var numbers = new List<int>();
        var at = 0;
        string Word()
        {
            while (char.IsWhiteSpace((char)picture[at])) at++;
            var start = at;
            while (!char.IsWhiteSpace((char)picture[at])) at++;
            return Encoding.ASCII.GetString(picture, start, at - start);
        }
        Assert.Equal("P6", Word());
        for (var i = 0; i < 3; i++) numbers.Add(int.Parse(Word(), CultureInfo.InvariantCulture));
        return (numbers[0], numbers[1], at + 1);
    }

    private static Dictionary<UInt128, string> Glyphs(byte[] font)
    {
        int Field(int number) => BinaryPrimitives.ReadInt32LittleEndian(font.AsSpan(4 * number));
        var (header, count, bytes) = (Field(2), Field(4), Field(5));
        Assert.Equal(Rows, bytes);
        var glyphs = new Dictionary<UInt128, string>();
        var names = header + (count * bytes);
        for (var glyph = 0; glyph < count; glyph++)
        {
            var length = font.AsSpan(names).IndexOf((byte)0xff);
            var first = Encoding.UTF8.GetString(font, names, length).EnumerateRunes().FirstOrDefault();
            if (length > 0) glyphs.TryAdd(BinaryPrimitives.ReadUInt128BigEndian(font.AsSpan(header + (glyph * bytes))), first.ToString());
            names += length + 1;
        }
        return glyphs;
    }
}
