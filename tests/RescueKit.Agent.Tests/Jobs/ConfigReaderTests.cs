using System.Text;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Jobs;

namespace RescueKit.Agent.Tests.Jobs;

public class ConfigReaderTests
{
    private const string Least = """{"jobs": [{"name": "a", "source": "/dev/sda", "folder": "/backup", "schedule": "daily"}]}""";

    [Fact]
    public void The_least_that_a_job_needs()
    {
        var job = Assert.Single(Good(Least).Jobs);
        Assert.Equal(("a", "/dev/sda", "/backup", "daily"), (job.Name, job.Source, job.Folder, job.Schedule.Text));
        Assert.Equal(["image", "create", "--hot", "/dev/sda", "/backup/web1-a-1970-01-01-000000.rki"], JobWords.Of(job, "/backup/" + job.File.At(DateTimeOffset.UnixEpoch)));
        Assert.Null(job.Priority);
        Assert.Null(job.Retention);
    }

    [Fact]
    public void All_that_a_job_may_have()
    {
        var config = Good("""
            {
              // people write comments
              "parallel": 2,
              "jobs": [{
                "name": "a", "source": "/dev/sda", "hot": false, "partitions": [1, 3], "codec": "zstd", "level": 3, "chunk_size": "64K", "all_blocks": true, "split": 1048576,
                "folder": "/backup", "file": "{job}@{host}-{date}_{time}.rki", "schedule": "Mon..Fri 02:30", "passphrase_file": "/etc/key", "on_bad_sector": "skip",
                "bad_sector_time": "10m", "unclean": "used", "exclude_windows_swap": true, "verify": true, "rate_limit": "20M", "io_priority": "best-effort:7", "nice": 10,
                "timeout_minutes": 90, "retention": {"keep": 7, "keep_days": 30}, "on_failure": ["/usr/bin/tell", "me"],
              }],
            }
            """);
        var job = Assert.Single(config.Jobs);
        Assert.Equal(2, config.Parallel);
        Assert.Equal("image create --partition 1 --partition 3 --codec zstd --level 3 --chunk-size 64K --all-blocks --split 1048576 --encrypt --passphrase-file /etc/key --on-bad-sector skip "
            + "--bad-sector-time 10m --unclean used --exclude-windows-swap --rate-limit 20M --verify /dev/sda /x", JobWords.Shown(JobWords.Of(job, "/x")));
        Assert.Equal(new RunPriority(new IoPriority(false, 7), 10), job.Priority);
        Assert.Equal("ionice -c2 -n7 nice -n 10 ", job.Priority!.Prefix);
        Assert.Equal((new Retention(7, 30), TimeSpan.FromMinutes(90)), (job.Retention!, job.Timeout!.Value));
        Assert.Equal(["/usr/bin/tell", "me"], job.OnFailure);
        Assert.True(job.File.Matches("a@web1-2026-01-31_020000.rki"));
    }

    [Fact]
    public void What_goes_with_a_hot_backup_only()
    {
        const string Job = """{"jobs": [{"name": "a", "source": "/dev/sda", "folder": "/b", "schedule": "daily", HOT}]}""";
        var job = Assert.Single(Good(Job.Replace("HOT", "\"store\": \"memory\", \"writers\": false, \"quiet_period\": \"2s\", \"quiet_timeout\": \"0\"", StringComparison.Ordinal)).Jobs);
        Assert.Equal("image create --hot --store memory --no-writers --quiet-period 2s --quiet-timeout 0 /dev/sda /x", JobWords.Shown(JobWords.Of(job, "/x")));
        var wrong = Bad(Job.Replace("HOT", "\"hot\": false, \"writers\": false, \"quiet_period\": \"2s\", \"quiet_timeout\": \"soon\"", StringComparison.Ordinal));
        Assert.Equal(4, wrong.Count);
        foreach (var expected in (string[])["'quiet_period': it goes", "'quiet_timeout': 'soon' is no time", "'quiet_timeout': it goes", "'writers': it goes"])
            Assert.Contains(wrong, problem => problem.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("10s", "9s", "'quiet_timeout': '9s' is shorter than 'quiet_period'")]
    [InlineData("1h30m", "89m", "is shorter than 'quiet_period'")]
    [InlineData("5..s", "1m", "'quiet_period': '5..s' is no time")]
    [InlineData("1s1s", "1m", "'quiet_period': '1s1s' is no time")]
    [InlineData("10s", "-1s", "'quiet_timeout': '-1s' is no time")]
    [InlineData("10s", "10s", null)]
    [InlineData("10s", "0", null)]
    [InlineData("0", "1s", null)]
    public void A_quiet_moment_must_have_the_time_to_come(string period, string timeout, string? expected)
    {
        var json = $$"""{"jobs": [{"name": "a", "source": "/dev/sda", "folder": "/b", "schedule": "daily", "quiet_period": "{{period}}", "quiet_timeout": "{{timeout}}"}]}""";
        if (expected is null) Good(json);
        else Assert.Contains(expected, Assert.Single(Bad(json)), StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once_with_its_line()
    {
        var problems = Bad("""
            {
              "jobs": [
                { "name": "a", "source": "sda", "folder": "/b", "schedule": "dayly",
                  "levle": 3 },
                { "name": "a b", "source": "/x", "folder": "/b", "schedule": "daily", "hot": "no", "nice": 20, "level": 1.5 },
                { "source": "/x", "folder": "/b", "schedule": "daily", "io_priority": "best-effort:8", "on_failure": ["tell"], "partitions": [1, "2"] },
                { "name": "c", "source": "/x", "folder": "/b", "schedule": "daily", "hot": false, "store": "memory", "retention": {"kep": 1}, "file": "{date}.rki",
                  "source": "/y" },
                7
              ],
              "paralel": 1
            }
            """);
        string[] expected =
        [
            "3: 'source': 'sda' is no whole path", "3: 'schedule': the schedule 'dayly'", "4: 'levle' is no member of a job",
            "5: 'name': a name has", "5: 'hot': it is true or false, and not a text", "5: 'nice': it is a whole number from 0 to 19", "5: 'level': it is a whole number",
            "6: a job lacks 'name'", "6: 'io_priority': 'best-effort:8' is none of", "6: 'on_failure': 'tell' is no whole path", "6: 'partitions': it is a whole number",
            "7: 'store': it goes with a hot backup only", "7: 'kep' is no member of retention", "7: 'retention': it says neither", "7: 'file': it needs {date} and {time}",
            "8: 'source' is given twice", "9: a job is an object, and not a number", "11: 'paralel' is no member of the file",
        ];
        foreach (var problem in expected) Assert.Contains(problems, found => found.StartsWith(problem, StringComparison.Ordinal));
        Assert.Equal(expected.Length, problems.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{\"jobs\": [}")]
    [InlineData("{\"jobs\": [\"\\ud800\"]}")]
    public void What_is_no_json_is_said_to_be(string text) => Assert.Contains("this is no JSON", Assert.Single(Bad(text)), StringComparison.Ordinal);

    [Fact]
    public void Jobs_must_not_be_mixed_up()
    {
        const string Job = "\"source\": \"/x\", \"folder\": \"/b\", \"schedule\": \"daily\"";
        Assert.Contains("there is a job 'a' already, in line 1", Assert.Single(Bad($$"""{"jobs": [{"name": "a", {{Job}}}, {"name": "a", {{Job}}}]}""")), StringComparison.Ordinal);
        Assert.Contains("put {job} into 'file'",
            Assert.Single(Bad($$"""{"jobs": [{"name": "a", {{Job}}, "file": "{date}-{time}"}, {"name": "b", {{Job}}, "file": "{date}-{time}"}]}""")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/mnt//backup")]
    [InlineData("//mnt/backup//")]
    [InlineData("/mnt/./backup/")]
    [InlineData("/mnt/x/../backup")]
    public void A_folder_is_the_same_however_it_is_written(string folder)
    {
        const string Job = "\"source\": \"/dev/sda\", \"schedule\": \"daily\", \"file\": \"{date}-{time}\"";
        var job = Assert.Single(Good($$"""{"jobs": [{"name": "a", {{Job}}, "folder": "{{folder}}"}]}""").Jobs);
        Assert.Equal("/mnt/backup", job.Folder);
        Assert.Contains("put {job} into 'file'",
            Assert.Single(Bad($$"""{"jobs": [{"name": "a", {{Job}}, "folder": "{{folder}}"}, {"name": "b", {{Job}}, "folder": "/mnt/backup"}]}""")), StringComparison.Ordinal);
    }

    [Fact]
    public void No_path_holds_a_zero() =>
        Assert.Contains("is no whole path", Assert.Single(Bad("""{"jobs": [{"name": "a", "source": "/dev/sda", "folder": "/b\u0000", "schedule": "daily"}]}""")), StringComparison.Ordinal);

    [Theory]
    [InlineData("{date}{time}", "2026-01-31120000", true)]
    [InlineData("{date}{time}", "2026-01-3112000", false)]
    [InlineData("{date}{time}", "2026-01-311200000", false)]
    [InlineData("{job}.{date}.{time}.rki", "a.2026-01-31.120000.rki", true)]
    [InlineData("{job}.{date}.{time}.rki", "ax2026-01-31.120000.rki", false)]
    [InlineData("{job}.{date}.{time}.rki", "b.2026-01-31.120000.rki", false)]
    [InlineData("{job}.{date}.{time}.rki", "a.2026-01-31.120000.rki.002", false)]
    [InlineData("{job}.{date}.{time}.rki", "a.2026_01-31.120000.rki", false)]
    [InlineData("{job}.{date}.{time}.rki", "a.", false)]
    public void Names_are_known_by_their_pattern(string pattern, string name, bool matches) => Assert.Equal(matches, ImageNames.Parse(pattern, "a", "web1").Matches(name));

    [Theory]
    [InlineData("{date}-{time}-{x}")]
    [InlineData("{date}-{time")]
    [InlineData("../{date}-{time}")]
    [InlineData(".{date}-{time}")]
    [InlineData("{job}")]
    public void Patterns_that_are_none(string pattern) => Assert.Throws<FormatException>(() => ImageNames.Parse(pattern, "a", "web1"));

    [Fact]
    public void A_command_line_can_be_pasted() => Assert.Equal(@"image 'a b' 'it'\''s' '' /x", JobWords.Shown(["image", "a b", "it's", "", "/x"]));

    private static AgentConfig Good(string json)
    {
        var (config, problems) = ConfigReader.Read(Encoding.UTF8.GetBytes(json), "web1");
        Assert.Empty(problems);
        return config;
    }

    /// <summary>"line: message".</summary>
    private static IReadOnlyList<string> Bad(string json) =>
        [.. ConfigReader.Read(Encoding.UTF8.GetBytes(json), "web1").Problems.Select(problem => $"{problem.Line}: {problem.Message}")];
}
