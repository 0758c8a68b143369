using RescueKit.Cli.Output;
using RescueKit.Cli.Tests.Fakes;

namespace RescueKit.Cli.Tests.Output;

public class DiskTextTests
{
    [Fact]
    public void A_disk_in_the_list_is_told_by_model_size_id_and_what_is_on_it()
    {
        var printed = new StringWriter { NewLine = "\n" };
        DiskText.WriteList(printed, [Samples.Disk]);
        Assert.Equal("""
            /dev/sda  Samsung SSD 970 EVO  465.8 GiB  NVME  id 10841X  GPT
              this system's own disk, read-only, removable, rotating
              in use: partition 2 mounted at /
              warning: The primary GPT is damaged; the backup was used.
              no  file system  label        size      used  mounted at
               2  ext4         rootfs  232.0 GiB  81.3 GiB  /           whole: needs journal replay with fast commits: taken whole

            """.ReplaceLineEndings("\n"), printed.ToString());
    }

    [Fact]
    public void A_disk_that_cannot_be_opened_is_still_listed_and_why_is_said()
    {
        var printed = new StringWriter { NewLine = "\n" };
        DiskText.WriteList(printed, [Samples.Disk with { Table = null, Partitions = [], Warnings = [], Error = "/dev/sda: permission denied" }]);
        Assert.Contains("465.8 GiB", printed.ToString(), StringComparison.Ordinal);
        Assert.Contains("could not be looked into: /dev/sda: permission denied", printed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void In_full_nothing_that_is_known_is_left_out()
    {
        var printed = new StringWriter { NewLine = "\n" };
        DiskText.WriteFull(printed, Samples.Disk);
        var disk = Samples.Disk;
        var partition = disk.Partitions[0];
        string?[] known =
        [
            disk.ConfirmId, disk.Model, disk.Serial, disk.Wwn, disk.Bus, disk.Port, disk.DiskId, $"({disk.Length} bytes)", partition.Type, partition.TypeName,
            partition.Id, partition.Name, partition.FileSystem, partition.Label, partition.Uuid, partition.WholeReason, partition.MountedAt,
            "inside      logical volume vg/home: XFS, 40.0 MiB used of 1.0 GiB", partition.Warnings[0], $"({partition.UsedBytes} bytes)", $"offset {partition.Offset}", "hibernated",
        ];
        Assert.All(known, text => Assert.Contains(text!, printed.ToString(), StringComparison.Ordinal));
    }
}
