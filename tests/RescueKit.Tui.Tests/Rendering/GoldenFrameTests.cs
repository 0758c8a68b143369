using RescueKit.Agent.Protocol;
using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Tests.Fakes;

namespace RescueKit.Tui.Tests.Rendering;

/// <summary>
/// The main screens as text, at the smallest common size and at a large one. With RESCUEKIT_WRITE_GOLDEN=1 the files are written anew; then read the
/// difference before it is committed.
/// </summary>
public class GoldenFrameTests
{
    private static readonly string Folder = Path.Combine(FindRoot(), "tests", "RescueKit.Tui.Tests", "Golden");

    public static TheoryData<string, int, int, bool> Frames()
    {
        var data = new TheoryData<string, int, int, bool>();
        foreach (var name in Screens.Keys)
        {
            data.Add(name, 80, 24, false);
            data.Add(name, 132, 43, false);
        }
        foreach (var name in new[] { "home", "disks", "containers", "restore-plan", "progress" }) data.Add(name, 80, 24, true);
        return data;
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void A_screen_looks_as_it_did(string name, int columns, int rows, bool ascii)
    {
        var ui = Screens[name](new Driver(new FakeRunHost()));
        var shown = ui.Frame(columns, rows, ascii).ToString();
        var file = Path.Combine(Folder, $"{name}-{columns}x{rows}{(ascii ? "-ascii" : "")}.txt");
        if (Environment.GetEnvironmentVariable("RESCUEKIT_WRITE_GOLDEN") == "1") File.WriteAllText(file, shown);
        Assert.True(File.Exists(file), $"{file} is missing; it should hold:\n{shown}");
        Assert.Equal(File.ReadAllText(file), shown);
        if (ascii) Assert.All(shown, c => Assert.True(char.IsAscii(c), $"'{c}' is not ASCII"));
    }

    internal static Dictionary<string, Func<Driver, Driver>> Screens { get; } = new()
    {
        ["home"] = ui => ui,
        ["disks"] = ui => Open(ui, "Disks"),
        ["disk"] = ui => Open(ui, "Disks").Press(KeyCode.Enter),
        ["images"] = ui => Open(ui, "Images"),
        ["places"] = ui => Open(ui, "Places"),
        ["attach"] = ui => Open(ui, "Places").Type("a"),
        ["containers"] = ui => Open(ui, "Places").Type("o").Choose("LVM vg0").Press(KeyCode.Enter),
        ["unlock"] = ui => Open(ui, "Places").Type("o").Choose("LUKS secret").Press(KeyCode.Enter).Type("abc"),
        ["backup-source"] = ui => Open(ui, "Back up"),
        ["backup-place"] = ui => Open(ui, "Back up").Press(KeyCode.Enter),
        ["backup-options"] = ui => Open(ui, "Back up").Press(KeyCode.Enter, KeyCode.Enter, KeyCode.Enter),
        ["backup-plan"] = ui => Open(ui, "Back up").Press(KeyCode.Enter, KeyCode.Enter, KeyCode.Enter, KeyCode.Enter),
        ["files-partition"] = ui => Open(ui, "Get files").Press(KeyCode.Enter),
        ["files"] = ui => Files(ui).Choose("link").Type(" "),
        ["files-search"] = ui => Files(ui).Type("/conf").Press(KeyCode.Enter),
        ["files-place"] = ui => Files(ui).Type("r").Press(KeyCode.Enter),
        ["files-plan"] = ui => Files(ui).Type("r").Press(KeyCode.Enter).Type("r"),
        ["restore-target"] = ui => Open(ui, "Restore").Press(KeyCode.Enter, KeyCode.Enter).Choose("WDC"),
        ["restore-what"] = ui => RestoreWhat(ui),
        ["restore-plan"] = ui => RestoreWhat(ui).Press(KeyCode.Enter),
        ["progress"] = ui => Started(ui),
        ["result"] = ui => Ended(ui),
        ["help"] = ui => ui.Press(KeyCode.F1),
    };

    private static Driver Open(Driver ui, string way) => ui.Choose(way).Press(KeyCode.Enter);
    private static Driver Files(Driver ui) => Open(ui, "Get files").Press(KeyCode.Enter).Choose("root").Press(KeyCode.Enter);
    private static Driver RestoreWhat(Driver ui) => Open(ui, "Restore").Press(KeyCode.Enter, KeyCode.Enter).Choose("WDC").Press(KeyCode.Enter);
    private static Driver Started(Driver ui) => RestoreWhat(ui).Press(KeyCode.Enter).Type("Y7K2P").Press(KeyCode.Enter).Beat();

    private static Driver Ended(Driver ui)
    {
        ui.Host.Boot = new BootCheck("not yet bootable", ["The firmware has no entry for it; its EFI partition has no fallback loader."],
        [
            new BootRemedy("entry", "Add the boot entry \"debian\"", "changes this machine's firmware settings"),
            new BootRemedy("fallback", "Add a fallback loader", "changes the restored disk"),
        ]);
        Started(ui);
        ui.Host.Change(1, r => r with { Stage = RunStage.Ended, Receipt = Samples.Receipt, ReceiptPath = "/run/stick/receipts/web1-2026-11-22.json" });
        return ui.Beat().Beat();
    }

    internal static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RescueKit.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the tests must run from inside the repository");
    }
}
