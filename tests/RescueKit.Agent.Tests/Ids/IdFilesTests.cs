using RescueKit.Agent.Ids;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Ids;

/// <summary>An image holds what anybody put there.</summary>
public sealed class IdFilesTests : IDisposable
{
    private const string Old = "6f1f6ee4-1f1c-4a52-8a7e-0000000000ab", New = "11111111-2222-3333-4444-55555555cdef";
    private readonly TempFolder _folder = new();
    private readonly IdFiles _files;

    public IdFilesTests()
    {
        var words = new IdWords();
        words.Add(Old, New);
        _files = new IdFiles(words);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pipes_devices_and_files_without_an_end_are_not_opened()
    {
        foreach (var name in new[] { "pipe", "pipe.efi" }) Tool.Must("mkfifo", _folder.File(name));
        foreach (var name in new[] { "zero", "zero.efi" }) File.CreateSymbolicLink(_folder.File(name), "/dev/zero");
        foreach (var name in new[] { "holes", "holes.efi" })
        {
            using var file = File.Create(_folder.File(name));
            file.SetLength(1L << 40);
        }
        Directory.CreateDirectory(_folder.File("folder"));
        await Task.Run(() =>
        {
            foreach (var name in new[] { "pipe", "zero", "holes", "folder", "nothing" })
            {
                _files.Rewrite(_folder.File(name));
                Assert.Null(IdFiles.Lines(_folder.File(name)));
            }
            Assert.Empty(_files.Leftover(_folder.FullPath));
        }).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Text_is_rewritten_and_programs_are_named()
    {
        string text = _folder.File("text"), program = _folder.File("program.EFI");
        foreach (var file in new[] { text, program }) File.WriteAllText(file, $"root=UUID={Old}\n");
        File.WriteAllText(_folder.File("empty"), "");
        foreach (var file in IdFiles.Below(_folder.FullPath)) _files.Rewrite(file);
        Assert.Equal([$"root=UUID={New}"], IdFiles.Lines(text));
        Assert.Equal([], IdFiles.Lines(_folder.File("empty")));
        Assert.Equal([program], _files.Leftover(_folder.FullPath));
    }
}
