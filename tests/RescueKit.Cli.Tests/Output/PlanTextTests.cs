using RescueKit.Cli.Output;
using RescueKit.Cli.Tests.Fakes;

namespace RescueKit.Cli.Tests.Output;

public class PlanTextTests
{
    [Fact]
    public void A_plan_says_from_onto_what_how_and_what_is_lost()
    {
        var printed = new StringWriter { NewLine = "\n" };
        PlanText.Write(printed, Samples.Plan);
        Assert.Equal("""
            Plan: restore
              from  web1.rki: image of Samsung SSD 970 EVO, 500.0 GiB
              onto  /dev/sdb: WDC WD10EZEX, serial …Y7K2P, 931.0 GiB

              partition  file system              label       size    to copy  how
              -          tables, boot code, gaps  -        3.0 MiB    3.0 MiB  whole
              1          FAT32                    ESP    512.0 MiB  102.4 MiB  used blocks
              2 -> 3     NTFS                     C:     400.0 GiB  400.0 GiB  whole: hibernated
              partition 2 was not cleanly unmounted: 400.0 GiB as planned, 71.0 GiB with --unclean used

              to read 400.1 GiB as stored, to write 400.1 GiB

              LOST: what is on /dev/sdb now:
                partition 1: NTFS "Archive", 931.5 GiB
              warning: The backup GPT moves to the new end of the disk.


            """.ReplaceLineEndings("\n"), printed.ToString());
    }

    [Fact]
    public void A_plan_says_so_where_nothing_is_lost()
    {
        var printed = new StringWriter { NewLine = "\n" };
        PlanText.Write(printed, Samples.Plan with { Lost = [] });
        Assert.Contains("  LOST: nothing: no partition and no file system is known to be on /dev/sdb\n", printed.ToString(), StringComparison.Ordinal);
    }
}
