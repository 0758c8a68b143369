using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Containers;

/// <summary>Opens LUKS read-only by cryptsetup(8).</summary>
internal static class Cryptsetup
{
    /// <summary>Deriving a key is slow on purpose, and slower on an old machine than on the one that it was made for.</summary>
    private static readonly TimeSpan s_keyLimit = TimeSpan.FromMinutes(10);

    /// <summary>Its exit code for "no permission (bad passphrase)".</summary>
    private const int BadPassphrase = 2;

    /// <param name="name">Of the node below /dev/mapper.</param>
    /// <param name="what">For a person, in errors.</param>
    /// <returns>False where the key does not open it.</returns>
    /// <exception cref="DeviceException">It cannot be opened for another reason.</exception>
    public static bool Open(IToolRunner tools, string device, string name, ReadOnlyMemory<byte> key, string what)
    {
        var outcome = tools.Run(new ToolCall("cryptsetup", "open", "--type", "luks", "--readonly", "--key-file=-", device, name) { Input = key, Limit = s_keyLimit });
        return outcome.ExitCode switch
        {
            0 => true,
            BadPassphrase => false,
            _ => throw new DeviceException($"opening {what} failed: cryptsetup: {outcome.Complaint}"),
        };
    }

    /// <exception cref="DeviceException">Something uses it.</exception>
    public static void Close(IToolRunner tools, string name, string what) => tools.LetGo($"closing {what}", new ToolCall("cryptsetup", "close", name));

    public static WrongPassphraseException WrongPassphrase(string what) =>
        new($"the passphrase does not open {what}", "check the keyboard layout and Caps Lock, then type it again");
}
