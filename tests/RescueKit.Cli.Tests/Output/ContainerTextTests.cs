using RescueKit.Agent.Protocol;
using RescueKit.Cli.Output;
using RescueKit.Cli.Tests.Fakes;

namespace RescueKit.Cli.Tests.Output;

public class ContainerTextTests
{
    [Fact]
    public void Each_is_told_with_its_state_what_it_lies_on_and_what_it_gives() => Assert.Equal("""
        LVM vg0  open, read-only
          id  RMQzBa-J6Vw
          on  /dev/sda2, /dev/sdb
          volume  node                  holds  label       size  mounted at
          root    /dev/mapper/vg0-root  ext4   rootfs  20.0 GiB  /run/rescuekit/places/p1
          fast    -                     -      -        1.0 GiB  -                         its driver (cache) writes to the disks even where it is only read

        LUKS sdc1  closed
          id  7e6f3f9a
          on  /dev/sdc1
          cannot be opened: something

        """.ReplaceLineEndings("\n"), Print([Samples.Group, Samples.Encryption]));

    [Fact]
    public void A_machine_without_any_says_so() => Assert.Equal("No LVM, RAID or LUKS found.\n", Print([]));

    private static string Print(IReadOnlyList<Container> containers)
    {
        var printed = new StringWriter { NewLine = "\n" };
        ContainerText.WriteList(printed, containers);
        return printed.ToString();
    }
}
