using System.Text;
using RescueKit.Model;
using RescueKit.Snapshots.Interop;
using RescueKit.Snapshots.Writers;
using RescueKit.Snapshots.Writers.Configuration;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests.Writers;

/// <summary>What writers.d may say, and who may say it.</summary>
public sealed class WriterFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_are_read_in_the_order_of_their_names()
    {
        Write("20-mail.json", $$"""{"name": "mail", "type": "hook", "command": "{{Hook()}}", "covers": ["/srv/mail"], "patience": 5}""");
        Write("10-orders.json", """{"name": "orders-db", "type": "postgresql", "user": "postgres", "port": 5432, "socket": "/var/run/postgresql", "deadline": 7, "on_failure": "abort"}""");
        Write("30-shop.json", """{"name": "shop", "type": "mariadb", "option_file": "/root/shop.cnf"}""");
        Write("40-old.json", """{"name": "old", "type": "mysql", "host": "127.0.0.1"}""");
        Write("README", "no writer");
        var entries = Read();
        Assert.Equal([("orders-db", "postgresql"), ("mail", "hook"), ("shop", "mariadb"), ("old", "mysql")], entries.Select(entry => (entry.Writer.Name, entry.Writer.Type)));
        Assert.Equal((FailurePolicy.Abort, TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(300)), (entries[0].OnFailure, entries[0].Deadline, entries[0].Patience));
        Assert.Equal((FailurePolicy.Downgrade, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5)), (entries[1].OnFailure, entries[1].Deadline, entries[1].Patience));
        Assert.Equal("/srv/mail", Assert.Single(entries[1].Writer.Look(TimeSpan.FromSeconds(1)).Folders).Path);
    }

    [Fact]
    public void A_machine_without_the_folder_has_no_writers() => Assert.Empty(WriterFolderReader.Read(_folder.File("none")));

    [Theory]
    [InlineData("""{"name": "a", "type": "postgresql", "usr": "postgres"}""", "unknown member 'usr'")]
    [InlineData("""{"name": "a", "type": "postgresql", "password": "x"}""", "unknown member 'password'")]
    [InlineData("""{"name": "a", "type": "postgresql", "command": "/x"}""", "unknown member 'command'")]
    [InlineData("""{"name": "a", "type": "hook", "command": "/x", "port": 1}""", "unknown member 'port'")]
    [InlineData("""{"type": "postgresql"}""", "'name' is missing")]
    [InlineData("""{"name": "a"}""", "'type' is missing")]
    [InlineData("""{"name": "a", "type": "hook"}""", "'command' is missing")]
    [InlineData("""{"name": "a b", "type": "postgresql"}""", "'name' must have letters")]
    [InlineData("""{"name": 1, "type": "postgresql"}""", "'name' must be a text")]
    [InlineData("""{"name": "a", "type": "oracle"}""", "'type' must be")]
    [InlineData("""{"name": "a", "type": "postgresql", "on_failure": "ignore"}""", "'on_failure' must be")]
    [InlineData("""{"name": "a", "type": "postgresql", "deadline": 0}""", "'deadline' must be a whole number from 1 to 60")]
    [InlineData("""{"name": "a", "type": "postgresql", "deadline": 61}""", "'deadline' must be")]
    [InlineData("""{"name": "a", "type": "postgresql", "deadline": "30"}""", "'deadline' must be")]
    [InlineData("""{"name": "a", "type": "postgresql", "patience": 1.5}""", "'patience' must be")]
    [InlineData("""{"name": "a", "type": "postgresql", "port": 70000}""", "'port' must be")]
    [InlineData("""{"name": "a", "type": "postgresql", "socket": "run"}""", "'socket' must be a path")]
    [InlineData("""{"name": "a", "type": "postgresql", "socket": "/run", "host": "x"}""", "'host' and 'socket' exclude each other")]
    [InlineData("""{"name": "a", "type": "hook", "command": "x"}""", "'command' must be a path")]
    [InlineData("""{"name": "a", "type": "hook", "command": "/x", "covers": "/srv"}""", "'covers' must be a list")]
    [InlineData("""{"name": "a", "type": "hook", "command": "/x", "covers": [1]}""", "'covers' must be a list")]
    [InlineData("""{"name": "a", "name": "b", "type": "postgresql"}""", "is no JSON")]
    [InlineData("""{"name": "a", "type": "postgresql"} x""", "is no JSON")]
    [InlineData("""["a"]""", "is no JSON object")]
    [InlineData("", "is no JSON")]
    public void What_is_wrong_is_told_with_file_and_member(string text, string wrong)
    {
        var failure = Assert.Throws<UsageException>(() => WriterFile.Parse("/etc/rescuekit/writers.d/a.json", Encoding.UTF8.GetBytes(text)));
        Assert.Contains("/etc/rescuekit/writers.d/a.json", failure.Message, StringComparison.Ordinal);
        Assert.Contains(wrong, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_writers_cannot_have_one_name()
    {
        Write("a.json", """{"name": "a", "type": "postgresql"}""");
        Write("b.json", """{"name": "a", "type": "mariadb"}""");
        Assert.Contains("b.json: the name 'a' is that of", Assert.Throws<UsageException>(() => Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_others_could_have_written_is_refused()
    {
        const UnixFileMode Fine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead;
        var hook = Hook();
        var file = Write("a.json", $$"""{"name": "a", "type": "hook", "command": "{{hook}}"}""");
        Assert.Single(Read());
        foreach (var path in (string[])[file, hook, _folder.FullPath])
        {
            foreach (var wrong in (UnixFileMode[])[UnixFileMode.GroupWrite, UnixFileMode.OtherWrite])
            {
                var before = File.GetUnixFileMode(path);
                File.SetUnixFileMode(path, Fine | wrong);
                Assert.Contains(path, Assert.Throws<SafetyException>(() => Read()).Message, StringComparison.Ordinal);
                File.SetUnixFileMode(path, before);
            }
        }
        Assert.Throws<SafetyException>(() => WriterFolderReader.Read(_folder.FullPath, Accounts.EffectiveUser() + 1));
    }

    private IReadOnlyList<WriterEntry> Read() => WriterFolderReader.Read(_folder.FullPath, Accounts.EffectiveUser());

    private string Hook()
    {
        var path = Write("hook", "#!/bin/sh\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private string Write(string name, string text)
    {
        var path = _folder.File(name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
