using System.Text;
using RescueKit.Cli.Terminals;

namespace RescueKit.Cli.Hosting;

/// <summary>Nobody sits here. Prompts for a passphrase are answered with the one that came with the request; there are no others.</summary>
internal sealed class SilentTerminal(string? passphrase) : ITerminal
{
    public TextWriter Out => TextWriter.Null;
    public TextWriter Error => TextWriter.Null;
    public bool InputIsTerminal => !string.IsNullOrEmpty(passphrase);
    public bool OutputIsTerminal => false;
    public bool ErrorIsTerminal => false;
    public int ErrorColumns => 0;
    public bool Unicode => false;

    public void Redraw(string line)
    {
    }

    public byte[]? Ask(string prompt, bool echo) => echo || passphrase is null ? null : Encoding.UTF8.GetBytes(passphrase);
}
