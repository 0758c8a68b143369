using System.Xml.Linq;

namespace RescueKit.Architecture.Tests;

/// <summary>DESIGN §4: who may see whom. Read from the project files, so that a forbidden reference fails before it is used.</summary>
public class LayeringTests
{
    private static readonly string Root = FindRoot();

    private static readonly Dictionary<string, (string[] MaySee, string Reason)> Rules = new()
    {
        ["Model"] = ([], "Model holds values and seams only; if it saw a project, every plug-in would see it too"),
        ["Disks"] = (["Model"], "device access must work without the image format and without file systems"),
        ["FileSystems"] = (["Model"], "allocation readers read any block source: a device, a file, a snapshot or an image"),
        ["Images"] = (["Model"], "the format must be readable and writable without any device or file system"),
        ["Snapshots"] = (["Model"], "a snapshot is just another block source"),
        ["Mirror"] = (["Model"], "the mirror sends chunks; it knows no devices and no image format"),
        ["Engine"] = (["Model", "Disks", "FileSystems", "Images"], "runs join the plug-ins; apps sit above the engine, never below"),
    };

    public static TheoryData<string> Projects() =>
        [.. Directory.GetDirectories(Path.Combine(Root, "src"), "RescueKit.*").Select(d => Path.GetFileName(d)!["RescueKit.".Length..])];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_sees_only_what_its_layer_may(string project)
    {
        if (!Rules.TryGetValue(project, out var rule)) return; // an app: sees what it needs
        var forbidden = References(project).Except(rule.MaySee).ToList();
        Assert.True(forbidden.Count == 0, $"RescueKit.{project} must not reference {string.Join(", ", forbidden)}: {rule.Reason}.");
    }

    [Fact]
    public void No_library_sees_an_app()
    {
        string[] apps = ["Cli", "Tui", "Agent", "Media"];
        foreach (var (project, rule) in Rules)
        {
            if (!Directory.Exists(Path.Combine(Root, "src", $"RescueKit.{project}"))) continue;
            var seen = References(project).Intersect(apps).ToList();
            Assert.True(seen.Count == 0, $"RescueKit.{project} references {string.Join(", ", seen)}: {rule.Reason}.");
        }
    }

    [Fact]
    public void Every_project_has_source_of_its_own()
    {
        foreach (var project in Directory.GetDirectories(Path.Combine(Root, "src")))
        {
            Assert.True(Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories).Any(),
                $"{project} is empty: a project is added only when it forbids a dependency of something that exists.");
        }
    }

    [Fact]
    public void Packages_have_their_versions_in_one_place()
    {
        foreach (var file in Directory.EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories).Where(f => !f.Contains("/artifacts/")))
        {
            var versions = XDocument.Load(file).Descendants("PackageReference").Where(p => p.Attribute("Version") is not null).ToList();
            Assert.True(versions.Count == 0, $"{file} pins a version; Directory.Packages.props is the place, so that two projects never disagree.");
        }
    }

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(Path.Combine(Root, "src", $"RescueKit.{project}", $"RescueKit.{project}.csproj"))
            .Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/'))["RescueKit.".Length..]);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RescueKit.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the tests must run from inside the repository");
    }
}
