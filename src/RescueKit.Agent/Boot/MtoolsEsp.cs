using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Boot;

/// <summary>A FAT partition through mtools, which needs no mount and serves files as well as devices.</summary>
internal sealed class MtoolsEsp(IToolRunner tools, string disk, long offset) : IEspFiles
{
    private readonly string _volume = $"{disk}@@{offset}";

    public IReadOnlyList<string> List()
    {
        var listed = tools.Must($"reading the EFI system partition of {disk}", new ToolCall("mdir", "-i", _volume, "-/", "-b", "::/"));
        return
        [
            .. listed.Split('\n', StringSplitOptions.TrimEntries).Where(line => line.StartsWith("::/", StringComparison.Ordinal) && !line.EndsWith('/'))
                .Select(line => line["::/".Length..]).Where(path => path.StartsWith("EFI/", StringComparison.OrdinalIgnoreCase)),
        ];
    }

    public void Copy(string from, string to)
    {
        if (List().Contains(to, StringComparer.OrdinalIgnoreCase)) throw new SafetyException($"{to} is there already", "it is not written over");
        var temporary = Path.GetTempFileName();
        try
        {
            tools.Must($"reading {from}", new ToolCall("mcopy", "-i", _volume, "-n", "-o", $"::/{from}", temporary));
            MakeFolders(Path.GetDirectoryName(to)!);
            tools.Must($"writing {to}", new ToolCall("mcopy", "-i", _volume, temporary, $"::/{to}"));
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public void Dispose()
    {
    }

    private void MakeFolders(string folder)
    {
        var path = "::";
        foreach (var name in folder.Split('/'))
        {
            path += $"/{name}";
            // It fails where the folder is there; whether it is there now shows when the file is written.
            tools.Run(new ToolCall("mmd", "-i", _volume, "-D", "s", path));
        }
    }
}
