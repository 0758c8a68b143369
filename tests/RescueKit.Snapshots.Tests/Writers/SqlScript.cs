using RescueKit.Snapshots.Writers.Databases;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests.Writers;

/// <summary>A database's client made of shell lines: answers what is told, notes what it is asked.</summary>
internal sealed class SqlScript : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <param name="answers">Branches of a case over one line: <c>SHOW*) echo … ;;</c></param>
    public SqlScript(string answers)
    {
        Data = _folder.Folder("data");
        var path = _folder.File("client");
        File.WriteAllText(path, $$"""
            #!/bin/sh
            echo "$*" >{{_folder.File("arguments")}}
            while read -r line; do
                case $line in
                    "SELECT 'rescuekit-"*) line=${line#*\'}; echo "${line%%\'*}"; continue ;;
                esac
                echo "$line" >>{{_folder.File("asked")}}
                case $line in
                    {{answers.Replace("DATA", Data, StringComparison.Ordinal)}}
                esac
            done

            """);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Access = new DatabaseAccess { Client = path };
    }

    public string Data { get; }
    public DatabaseAccess Access { get; }
    public string[] Asked => File.ReadAllLines(_folder.File("asked"));
    public string Arguments => File.ReadAllText(_folder.File("arguments")).Trim();

    public void Dispose() => _folder.Dispose();
}
