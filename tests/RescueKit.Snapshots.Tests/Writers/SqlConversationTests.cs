using System.Diagnostics;
using RescueKit.Snapshots.Writers;
using RescueKit.Snapshots.Writers.Databases;
using RescueKit.Snapshots.Writers.Processes;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests.Writers;

/// <summary>The words between this program and a database's client, with a shell for a client.</summary>
public class SqlConversationTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(60);

    /// <summary>Answers what it is asked, and gives back what stands in quotes.</summary>
    private const string Client = """
        while read -r line; do
            case $line in
                "SELECT '"*) line=${line#*\'}; echo "${line%%\'*}" ;;
                rows) echo 1; echo 2 ;;
                error) echo noise; echo "ERROR:  no such thing" >&2; echo "LINE 1" >&2; exit 3 ;;
                end) exit 0 ;;
                hang) sleep 1000 ;;
            esac
        done
        """;

    [Fact]
    public void Rows_come_back_question_by_question()
    {
        using var conversation = Start();
        Assert.Equal(["1", "2"], conversation.Ask("rows", s_long));
        Assert.Empty(conversation.Ask("nothing", s_long));
        Assert.Equal(["1", "2"], conversation.Ask("rows", s_long));
    }

    [Fact]
    public void An_error_is_told_in_the_server_s_words_and_ends_it()
    {
        using var conversation = Start();
        Assert.Equal("said: ERROR:  no such thing LINE 1", Assert.Throws<WriterException>(() => conversation.Ask("error", s_long)).Message);
        Assert.Contains("not connected", Assert.Throws<WriterException>(() => conversation.Ask("rows", s_long)).Message, StringComparison.Ordinal);
        Assert.Contains("noise", conversation.Said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_end_without_an_answer_is_a_failure()
    {
        using var conversation = Start();
        Assert.Equal("closed the connection", Assert.Throws<WriterException>(() => conversation.Ask("end", s_long)).Message);
    }

    [Fact]
    public void Silence_ends_at_the_deadline_and_the_client_with_it()
    {
        using var conversation = Start();
        conversation.Ask("nothing", s_long);
        var started = Stopwatch.GetTimestamp();
        Assert.Contains("within 0.3 s", Assert.Throws<WriterException>(() => conversation.Ask("hang", TimeSpan.FromSeconds(0.3))).Message, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(20));
        Assert.Throws<WriterException>(() => conversation.Ask("rows", s_long));
    }

    [Fact]
    public void A_client_that_does_not_exist_is_told()
    {
        using var conversation = new SqlConversation(new ChildCommand("/nowhere/psql", []));
        Assert.Contains("/nowhere/psql", Assert.Throws<WriterException>(() => conversation.Ask("rows", s_long)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.11.19-MariaDB-0+deb12u1-log", true, false)]
    [InlineData("10.3.39-MariaDB", false, false)]
    [InlineData("11.4.2-MariaDB", true, false)]
    [InlineData("8.0.36", false, false)]
    [InlineData("8.2.0", false, true)]
    [InlineData("9.1.0-commercial", false, true)]
    [InlineData("5.7.44-log", false, false)]
    public void What_a_server_can_do_is_known_by_its_version(string text, bool hasStages, bool hasStatus)
    {
        var version = ServerVersion.Parse(text);
        Assert.Equal((hasStages, hasStatus), (version.HasBackupStages, version.HasBinaryLogStatus));
    }

    [Fact]
    public void Tables_that_lie_elsewhere_are_found()
    {
        using var folder = new TempFolder();
        var data = folder.Folder("data");
        folder.Folder("data/shop");
        folder.Folder("other/db");
        folder.Folder("third/shop");
        File.WriteAllText(folder.File("third/t.MYD"), "");
        File.CreateSymbolicLink(folder.File("data/db"), folder.File("other/db"));
        File.CreateSymbolicLink(folder.File("data/shop/t.MYD"), folder.File("third/t.MYD"));
        File.WriteAllText(folder.File("data/shop/u.isl"), folder.File("third/shop/u.ibd") + "\n");
        Assert.Equal([folder.File("other/db"), folder.File("third"), folder.File("third/shop")], ElsewhereFolders.Below(data).Order());
    }

    private static SqlConversation Start() => new(new ChildCommand("sh", ["-c", Client]));
}
