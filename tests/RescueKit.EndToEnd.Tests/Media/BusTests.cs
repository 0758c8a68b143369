using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>Unattended runs in the booted environment: from bus to bus, and what is said where one makes no sense.</summary>
[Collection(MediaTests.Name)]
public sealed class BusTests(BusMachine machine) : IClassFixture<BusMachine>
{
    /// <summary>In the core tier two of them; the wide run has each once on either side, and sectors of 4096 bytes.</summary>
    public static TheoryData<string, string> Ways() => TestScale.IsWide
        ? new() { { "virtio", "sata" }, { "sata", "nvme" }, { "nvme", "usb" }, { "usb", "virtio" }, { "native4k", "native4k" } }
        : new() { { "nvme", "usb" } };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Every_file_survives_a_backup_and_a_restore_onto_another_bus(string from, string onto)
    {
        var (source, (target, confirm)) = (machine.Find("full-" + from), machine.Find("blank-" + onto));
        var before = MatrixDisk.Digest(machine.File("full-" + from));
        machine.Guest.Must($"""
            set -e
            rescuekit agent execute -- image create {source.Path} /tmp/disk.rki --verify
            rescuekit agent execute -- image restore /tmp/disk.rki {target} --confirm {confirm} --verify
            rm /tmp/disk.rki*
            """);
        Assert.Equal(before, MatrixDisk.Digest(machine.File("full-" + from)));
        machine.Prove("blank-" + onto, from);
    }

    [Fact]
    public void A_command_line_that_makes_no_sense_is_named_on_the_console_and_the_machine_stays_up()
    {
        machine.Guest.Must("while [ ! -e /run/rescuekit/unattended-exit-code ]; do sleep 1; done; grep -x 2 /run/rescuekit/unattended-exit-code");
        Assert.Contains("error: the quotation mark ' is never closed in: image create 'never closed", machine.Guest.Console, StringComparison.Ordinal);
        Assert.Contains("the unattended run ended with exit code 2", machine.Guest.Console, StringComparison.Ordinal);
    }

    public static TheoryData<string, int, string> Lines()
    {
        var lines = new TheoryData<string, int, string>
        {
            { "disk list", 2, "'disk list' is no run" },
            { "image verify LABEL=NOWHERE:/good.rki", 1, "no partition is LABEL=NOWHERE" },
            { "image verify LABEL=IMAGES:/damaged.rki", 3, "damaged" },
            { "image restore LABEL=IMAGES:/good.rki {0}", 4, "has not been confirmed" },
            { "image create {4} LABEL=NEARLYFULL:/disk.rki", 1, "No space left on device" },
        };
        if (!TestScale.IsWide) return lines;
        lines.Add("image create", 2, "SOURCE is missing");
        lines.Add("format {0}", 2, "'format'");
        lines.Add("image create /dev/no-such-disk LABEL=NEARLYFULL:/disk.rki", 1, "/dev/no-such-disk");
        lines.Add("image verify LABEL=IMAGES:/no-such-image.rki", 1, "no-such-image.rki");
        lines.Add("image verify LABEL=IMAGES:/secret.rki", 2, "passphrase");
        lines.Add("image restore LABEL=IMAGES:/good.rki {0} --confirm WRONG", 4, "'WRONG' is not the id of {0}");
        lines.Add("image restore LABEL=IMAGES:/damaged.rki {0} --confirm {1}", 3, "damaged");
        lines.Add("image restore LABEL=IMAGES:/good.rki {2} --confirm {3}", 4, "{2}");
        lines.Add("image verify nfs://nas/good.rki", 2, "names no exported folder");
        return lines;
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void What_cannot_be_done_is_said_in_one_sentence(string line, int exitCode, string said)
    {
        var ((spare, spareId), (images, imagesId)) = (machine.Find("spare"), machine.Find("images"));
        string Filled(string text) => string.Format(text, spare, spareId, images, imagesId, machine.Find("full-virtio").Path);
        var result = machine.Guest.Run($"rescuekit agent execute --line '{Filled(line)}'");
        Assert.True(exitCode == result.ExitCode, result.Everything);
        Assert.Contains("error: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(Filled(said), result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("xception", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Split('\n'), text => text.StartsWith("error: ", StringComparison.Ordinal));
    }
}
