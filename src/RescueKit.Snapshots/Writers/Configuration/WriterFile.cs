using System.Text.Json;
using RescueKit.Model;
using RescueKit.Snapshots.Writers.Databases;
using RescueKit.Snapshots.Writers.Hooks;

namespace RescueKit.Snapshots.Writers.Configuration;

/// <summary>
/// One file of writers.d, a JSON object. All: name, type, on_failure ("downgrade", "abort"), deadline (seconds for freezing, and for thawing;
/// 30), patience (seconds for every other step; 300). "postgresql": user ("postgres"), role, socket, host, port, database, service, client.
/// "mariadb", "mysql": user, role, socket, host, port, database, option_file, client. "hook": command, user, covers.
/// </summary>
internal static class WriterFile
{
    private const int MostNameChars = 64, MostDeadline = 60, MostPatience = 3600, UsualDeadline = 30, UsualPatience = 300;

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, CommentHandling = JsonCommentHandling.Disallow };

    /// <returns>Also the path of the executable that it has run, where the file names one.</returns>
    /// <exception cref="UsageException">Names file and member.</exception>
    public static (WriterEntry Entry, string? Command) Parse(string path, ReadOnlyMemory<byte> content)
    {
        using var document = Document(path, content);
        var members = new WriterMembers(path, document.RootElement);
        var name = members.Required("name");
        if (name.Length > MostNameChars || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw members.Wrong("name", $"must have letters, digits, '-', '_' and '.' only, and at most {MostNameChars}");
        var type = members.Required("type");
        var onFailure = members.Text("on_failure") switch
        {
            null or "downgrade" => FailurePolicy.Downgrade,
            "abort" => FailurePolicy.Abort,
            _ => throw members.Wrong("on_failure", "must be \"downgrade\" or \"abort\""),
        };
        var deadline = TimeSpan.FromSeconds(members.Number("deadline", 1, MostDeadline) ?? UsualDeadline);
        var patience = TimeSpan.FromSeconds(members.Number("patience", 1, MostPatience) ?? UsualPatience);
        var (writer, command) = Writer(members, name, type);
        members.NothingElse();
        return (new WriterEntry(writer, onFailure, deadline, patience), command);
    }

    private static JsonDocument Document(string path, ReadOnlyMemory<byte> content)
    {
        try
        {
            var document = JsonDocument.Parse(content, s_strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            throw new UsageException($"{path} is no JSON object", "a writer looks like {\"name\": \"orders\", \"type\": \"postgresql\"}");
        }
        catch (JsonException e)
        {
            throw new UsageException($"{path} is no JSON: {e.Message}", "correct the file, or go without writers: --no-writers");
        }
    }

    private static (IWriter Writer, string? Command) Writer(WriterMembers members, string name, string type)
    {
        switch (type)
        {
            case "postgresql":
                var postgres = Access(members, "postgres") with { Service = members.Text("service") };
                return (new PostgreSqlWriter(name, postgres), postgres.Client);
            case "mariadb" or "mysql":
                var maria = Access(members, null) with { OptionFile = members.Text("option_file", isPath: true) };
                return (new MariaDbWriter(name, type, maria), maria.Client);
            case "hook":
                var hook = new HookOptions(members.Required("command", isPath: true), members.Text("user"), members.Paths("covers"));
                return (new HookWriter(name, hook), hook.Command);
            default:
                throw members.Wrong("type", "must be \"postgresql\", \"mariadb\", \"mysql\" or \"hook\"");
        }
    }

    private static DatabaseAccess Access(WriterMembers members, string? user)
    {
        var access = new DatabaseAccess
        {
            Client = members.Text("client", isPath: true),
            User = members.Text("user") ?? user,
            Role = members.Text("role"),
            Socket = members.Text("socket", isPath: true),
            Host = members.Text("host"),
            Port = members.Number("port", 1, 65535),
            Database = members.Text("database"),
        };
        return access is { Socket: not null, Host: not null } ? throw members.Wrong("host", "and 'socket' exclude each other") : access;
    }
}
