using RescueKit.Agent.Files;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Files;

/// <summary>Links of an imaged system must never lead into the running one.</summary>
public sealed class RootedPathTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _root;

    public RootedPathTests()
    {
        _root = _folder.Folder("root");
        Directory.CreateDirectory(Path.Combine(_root, "usr/bin"));
        File.WriteAllText(Path.Combine(_root, "usr/bin/tool"), "");
        foreach (var (link, target) in (ReadOnlySpan<(string, string)>)
            [("bin", "usr/bin"), ("absolute", "/usr/bin"), ("up", "../../../usr"), ("file", "/usr/bin/tool"), ("loop", "/loop/x"), ("away", "/etc")])
            File.CreateSymbolicLink(Path.Combine(_root, link), target);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/", "")]
    [InlineData("usr/./bin//tool", "usr/bin/tool")]
    [InlineData("/bin/tool", "usr/bin/tool")]
    [InlineData("/absolute/tool", "usr/bin/tool")]
    [InlineData("/up/bin/tool", "usr/bin/tool")]
    [InlineData("/../../usr/bin", "usr/bin")]
    [InlineData("/file", "file")]
    [InlineData("/bin", "bin")]
    public void A_path_is_looked_up_below_the_root(string path, string place) => Assert.Equal(Path.Combine(_root, place).TrimEnd('/'), RootedPath.Resolve(_root, path));

    [Theory]
    [InlineData("/file", "usr/bin/tool")]
    [InlineData("/absolute", "usr/bin")]
    public void What_a_link_names_is_looked_up_there_too(string path, string place) => Assert.Equal(Path.Combine(_root, place), RootedPath.Resolve(_root, path, follow: true));

    [Theory]
    [InlineData("/nothing", false)]
    [InlineData("/away/passwd", false)]
    [InlineData("/away", true)]
    [InlineData("/loop/y", false)]
    public void What_is_not_in_the_image_is_not_taken_from_elsewhere(string path, bool follow) => Assert.Throws<UsageException>(() => RootedPath.Resolve(_root, path, follow));
}
