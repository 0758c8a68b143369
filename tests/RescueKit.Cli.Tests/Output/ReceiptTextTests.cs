using RescueKit.Cli.Output;
using RescueKit.Cli.Tests.Fakes;
using RescueKit.Engine;

namespace RescueKit.Cli.Tests.Output;

public class ReceiptTextTests
{
    [Fact]
    public void A_receipt_says_how_it_ended_and_what_was_lost()
    {
        var printed = new StringWriter { NewLine = "\n" };
        ReceiptText.Write(printed, Samples.Receipt with { Hot = null });
        Assert.Equal("""
            Backup: complete with losses, in 1 h 23 m
              read        300.0 GiB  (61 MiB/s)
              written     120.0 GiB  (25 MiB/s)
              verified    118.0 GiB  (24 MiB/s)
              stored      119.0 GiB in 2 parts
              left out    2.0 GiB
              image id    0f0e0d0c-0b0a-4908-8706-050403020100
              root digest 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
              UNREADABLE  8.0 KiB in 2 ranges:
                offset 1048576, 4096 bytes, partition 2
                offset 8388608, 4096 bytes
              SKIPPED     Partition 4 is not part of the image.
              warning: Partition 3 was left out.

            """.ReplaceLineEndings("\n"), printed.ToString());
    }

    [Fact]
    public void A_hot_backup_tells_what_it_is_worth_and_who_froze()
    {
        var printed = new StringWriter { NewLine = "\n" };
        ReceiptText.Write(printed, Samples.Receipt);
        Assert.Contains("""
              taken       hot, file-system-consistent; file systems were frozen for 0.25 s
              partition   1: application-consistent
              partition   2: file-system-consistent
              quiet       nothing was written just before; waited 7.5 s for that
              writer      orders (postgresql): frozen for 0.50 s, at LSN 0/1A2B3C4D
              writer      shop (mariadb): FAILED: it did not answer within 30 s

            """, printed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Partitions_that_are_all_worth_the_same_need_no_line_each()
    {
        var printed = new StringWriter { NewLine = "\n" };
        var hot = Samples.Receipt.Hot!;
        ReceiptText.Write(printed, Samples.Receipt with { Hot = hot with { Volumes = [.. hot.Volumes.Select(volume => volume with { Consistency = hot.Consistency })] } });
        Assert.DoesNotContain("  partition  ", printed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_unreadable_ranges_do_not_flood_the_screen()
    {
        var printed = new StringWriter();
        ReceiptText.Write(printed, Samples.Receipt with { Unreadable = [.. Enumerable.Range(0, 1000).Select(i => new UnreadableRange(i * 4096L, 512, null))] });
        Assert.InRange(printed.ToString().Split('\n').Length, 20, 40);
        Assert.Contains("and 980 more", printed.ToString(), StringComparison.Ordinal);
    }
}
