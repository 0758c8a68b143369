using System.Text;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Tests.Fakes;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Arguments;

public sealed class PassphraseSourceTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTerminal _terminal = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("secret", "secret")]
    [InlineData("secret\n", "secret")]
    [InlineData("secret\r\n", "secret")]
    [InlineData(" two words \nsecond line", " two words ")]
    [InlineData("pässwörd\n", "pässwörd")]
    public void A_files_first_line_is_the_passphrase(string content, string expected) =>
        Assert.Equal(expected, Text(new PassphraseSource(_terminal, File(content), null).Get()));

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\nsecret")]
    public void An_empty_passphrase_is_refused(string content) =>
        Assert.Throws<UsageException>(() => new PassphraseSource(_terminal, File(content), null).Get());

    [Fact]
    public void An_endless_line_is_refused_without_reading_it_all() =>
        Assert.Throws<UsageException>(() => new PassphraseSource(_terminal, "/dev/zero", null).Get());

    [Fact]
    public void A_missing_file_is_a_usage_error() =>
        Assert.Throws<UsageException>(() => new PassphraseSource(_terminal, _folder.File("none"), null).Get());

    [Fact]
    public void A_folder_is_no_passphrase_file() =>
        Assert.Throws<UsageException>(() => new PassphraseSource(_terminal, _folder.FullPath, null).Get());

    [Fact]
    public void A_descriptor_that_nobody_left_open_is_refused()
    {
        // The runtime's own files are open, but not inherited: a passphrase must not be read from one of them.
        for (var fd = 3; fd < 64; fd++)
        {
            if (System.IO.File.Exists($"/proc/self/fd/{fd}") && Terminals.Libc.IsInherited(fd)) continue;
            Assert.Throws<UsageException>(() => new PassphraseSource(_terminal, null, fd).Get());
        }
    }

    [Fact]
    public void Two_sources_are_one_too_many() =>
        Assert.Throws<UsageException>(() => new PassphraseSource(_terminal, File("secret"), 3).Get());

    [Fact]
    public void Without_a_terminal_and_a_source_the_options_are_named()
    {
        var error = Assert.Throws<UsageException>(() => new PassphraseSource(_terminal, null, null).Get());
        Assert.Contains("--passphrase-file", error.Remedy, StringComparison.Ordinal);
        Assert.Empty(_terminal.Asked);
    }

    [Fact]
    public void A_prompt_is_never_echoed()
    {
        Assert.Equal("secret", Text(new PassphraseSource(_terminal.Answers("secret"), null, null).Get()));
        Assert.Equal([false], _terminal.Asked.Select(a => a.Echo));
    }

    [Fact]
    public void A_new_passphrase_is_asked_for_twice()
    {
        Assert.Equal("secret", Text(new PassphraseSource(_terminal.Answers("secret", "secret"), null, null).GetNew()));
        Assert.Equal(2, _terminal.Asked.Count);
    }

    [Fact]
    public void A_slip_can_be_corrected()
    {
        Assert.Equal("right", Text(new PassphraseSource(_terminal.Answers("right", "wrong", "right", "right"), null, null).GetNew()));
        Assert.Contains("differ", _terminal.Errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Three_slips_end_it() =>
        Assert.Throws<UsageException>(() => new PassphraseSource(_terminal.Answers("a", "b", "a", "b", "a", "b"), null, null).GetNew());

    [Fact]
    public void The_end_of_input_at_the_prompt_is_no_passphrase() =>
        Assert.Throws<UsageException>(() => new PassphraseSource(_terminal.Answers((string?)null), null, null).Get());

    [Fact]
    public void Where_it_is_optional_nothing_is_an_answer()
    {
        Assert.Null(new PassphraseSource(_terminal, null, null).GetIfAny());
        Assert.Null(new PassphraseSource(_terminal.Answers(""), null, null).GetIfAny());
        Assert.Equal("secret", Text(new PassphraseSource(_terminal, File("secret"), null).GetIfAny()!.Value));
    }

    private string File(string content)
    {
        var path = _folder.File("passphrase");
        System.IO.File.WriteAllText(path, content, new UTF8Encoding(false));
        return path;
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
