using System.Text;
using RescueKit.Media.Screen;
using RescueKit.Media.Tools;

namespace RescueKit.Media.Tests;

/// <summary>A PSF2 file, read back as the kernel's tools read it.</summary>
public sealed class ConsoleFontTests(DebianPackages debian) : IClassFixture<DebianPackages>
{
    private readonly byte[] _font = ConsoleFont.Build([.. Assets.Words("font/signs")], ScreenFiles.Glyphs(debian.Unifont));

    [Fact]
    public void It_has_256_glyphs_so_that_bright_colours_remain()
    {
        Assert.Equal([0x72, 0xb5, 0x4a, 0x86], _font[..4]);
        Assert.Equal([0, 32, 1, 256, 16, 16, 8], Enumerable.Range(1, 7).Select(field => BitConverter.ToInt32(_font, field * 4)));
    }

    [Fact]
    public void It_shows_every_sign_that_the_UI_uses()
    {
        var places = Places();
        foreach (var sign in "✓≠▸…█▓▒░─│┌┐└┘├┤┬┴┼·↑↓←→+×")
            Assert.True(places.ContainsKey(sign.ToString()), $"the console font lacks {sign}");
    }

    [Fact]
    public void A_sign_is_not_blank()
    {
        foreach (var (sign, place) in Places().Where(pair => pair.Key is not (" " or "\u00a0")))
            Assert.True(_font.AsSpan(32 + place * 16, 16).ContainsAnyExcept((byte)0), $"{sign} is blank");
    }

    [Fact]
    public void ASCII_is_where_the_kernel_writes_it()
    {
        var places = Places();
        for (var character = ' '; character <= '~'; character++) Assert.Equal(character, places[character.ToString()]);
    }

    [Fact]
    public void Horizontal_lines_are_where_VGA_makes_them_meet() => Assert.InRange(Places()["─"], 0xC0, 0xDF);

    private Dictionary<string, int> Places()
    {
        var places = new Dictionary<string, int>();
        var place = 0;
        for (var at = 32 + 256 * 16; at < _font.Length;)
        {
            if (_font[at] == 0xff)
            {
                (place, at) = (place + 1, at + 1);
                continue;
            }
            Rune.DecodeFromUtf8(_font.AsSpan(at), out var rune, out var length);
            places.Add(rune.ToString(), place);
            at += length;
        }
        Assert.Equal(256, place);
        return places;
    }
}
