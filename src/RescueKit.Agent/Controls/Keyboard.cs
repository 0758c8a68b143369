using RescueKit.Agent.Tools;
using RescueKit.Disks.Inventory;
using RescueKit.Model;

namespace RescueKit.Agent.Controls;

/// <summary>The layout of the machine's own keyboard: binary keymaps for the console, as busybox's loadkmap reads them.</summary>
/// <param name="atStart">The layout chosen in the boot menu.</param>
internal sealed class Keyboard(SystemRoot root, IToolRunner tools, string? atStart)
{
    private const string Folder = "/usr/share/rescuekit/keymaps";
    private const string Suffix = ".bmap";

    public string? Current { get; private set; } = atStart;

    public IReadOnlyList<string> Layouts => [.. root.List(Folder).Where(name => name.EndsWith(Suffix, StringComparison.Ordinal)).Select(name => name[..^Suffix.Length])];

    /// <exception cref="UsageException">There is no such layout.</exception>
    /// <exception cref="DeviceException">The console does not take it.</exception>
    public void Set(string layout)
    {
        // Only a name that is listed becomes part of a path.
        if (!Layouts.Contains(layout) || root.ReadBytes($"{Folder}/{layout}{Suffix}") is not { } keymap)
            throw new UsageException($"there is no keyboard layout {layout}", "choose one of the list");
        tools.Must($"loading the keyboard layout {layout}", new ToolCall("busybox", "loadkmap") { Input = keymap });
        Current = layout;
    }
}
