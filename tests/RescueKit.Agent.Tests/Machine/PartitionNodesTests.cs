using RescueKit.Agent.Machine;

namespace RescueKit.Agent.Tests.Machine;

public class PartitionNodesTests
{
    [Theory]
    [InlineData("/dev/sda", 1, "/dev/sda1")]
    [InlineData("/dev/nvme0n1", 2, "/dev/nvme0n1p2")]
    [InlineData("/dev/mmcblk0", 12, "/dev/mmcblk0p12")]
    [InlineData("/dev/sdb", 0, "/dev/sdb")]
    public void Nodes_are_named_as_the_kernel_does(string disk, int number, string node) => Assert.Equal(node, PartitionNodes.Of(disk, number));
}
