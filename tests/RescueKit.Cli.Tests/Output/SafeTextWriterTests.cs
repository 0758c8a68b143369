using System.Text;
using RescueKit.Cli.Terminals;
using RescueKit.Model;

namespace RescueKit.Cli.Tests.Output;

public class SafeTextWriterTests
{
    [Theory]
    [InlineData("plain …Y7K2P ██", "plain …Y7K2P ██")]
    [InlineData("label\x1b[2Jgone", "label\uFFFD[2Jgone")]
    [InlineData("over\rwritten", "over\uFFFDwritten")]
    [InlineData("c1\u009b2J", "c1\uFFFD2J")]
    [InlineData("bell\a tab\t nul\0", "bell\uFFFD tab\uFFFD nul\uFFFD")]
    [InlineData("right-to-left \u202egnp.exe", "right-to-left \uFFFDgnp.exe")]
    [InlineData("two\nlines", "two\nlines")]
    public void Nothing_printed_can_steer_the_terminal(string text, string expected)
    {
        var below = new StringWriter();
        using var writer = new SafeTextWriter(below, lossy: false);
        writer.Write(text);
        foreach (var c in text) writer.Write(c);
        writer.Write(text.ToCharArray());
        Assert.Equal(expected + expected + expected, below.ToString());
    }

    [Fact]
    public void Nobody_listening_on_standard_error_is_no_failure()
    {
        using var writer = new SafeTextWriter(new Broken(), lossy: true);
        writer.WriteLine("lost");
        writer.Flush();
    }

    [Fact]
    public void A_result_that_cannot_be_written_is_a_failure()
    {
        using var writer = new SafeTextWriter(new Broken(), lossy: false);
        Assert.Throws<DeviceException>(() => writer.WriteLine("lost"));
    }

    private sealed class Broken : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;
        public override void Write(char value) => throw new IOException("gone");
        public override void Write(string? value) => throw new IOException("gone");
        public override void Flush() => throw new IOException("gone");
    }
}
