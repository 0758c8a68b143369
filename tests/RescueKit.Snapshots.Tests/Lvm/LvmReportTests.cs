using RescueKit.Snapshots.Lvm;

namespace RescueKit.Snapshots.Tests.Lvm;

public class LvmReportTests
{
    private const long GiB = 1L << 30;

    [Fact]
    public void Volumes_are_read_as_lvs_prints_them()
    {
        var volumes = LvmReport.Parse("""
              vg0|root|253|0|10737418240|linear|||5368709120|4194304||
              vg0|root|253|0|10737418240|striped|||5368709120|4194304||
              vg0|rescuekit-0badcafe|253|4|10737418240|linear|root|a,rescuekit|5368709120|4194304||1.25
              vg0|off|-1|-1|1073741824|linear|||5368709120|4194304||
              vg0|pool|253|7|1073741824|thin-pool|||5368709120|4194304||25.50
              vg0|[pool_tdata]|253|6|1073741824|linear|||5368709120|4194304||
              vg0|thin|253|8|4294967296|thin|||5368709120|4194304|pool|10.00
              vg1|thin|253|9|4294967296|thin|||0|4194304|pool|10.00

            """);
        Assert.Equal(["vg0/root", "vg0/rescuekit-0badcafe", "vg0/thin", "vg1/thin"], volumes.Select(volume => volume.Path));
        var (root, snapshot, thin) = (volumes[0], volumes[1], volumes[2]);
        Assert.Equal(("253:0", 10 * GiB, "linear", "", 5 * GiB, 4L << 20, (long?)null), (root.Number, root.Length, root.Type, root.Origin, root.GroupFree, root.ExtentBytes, root.PoolFree));
        Assert.Empty(root.Tags);
        Assert.Equal(("root", "/dev/dm-4"), (snapshot.Origin, snapshot.Node));
        Assert.Equal(["a", "rescuekit"], snapshot.Tags);
        Assert.Equal((long)(GiB * 0.745m), thin.PoolFree);
        Assert.Null(volumes[3].PoolFree);
    }

    [Fact]
    public void A_pool_that_is_not_active_has_no_room() =>
        Assert.Equal(0, LvmReport.Parse("vg0|pool|-1|-1|1073741824|thin-pool|||0|4194304||\nvg0|thin|253|8|4294967296|thin|||0|4194304|pool|").Single().PoolFree);

    [Fact]
    public void Nothing_and_other_lines_are_no_volumes()
    {
        Assert.Empty(LvmReport.Parse(""));
        Assert.Empty(LvmReport.Parse("  WARNING: Device for PV abc not found.\n  vg0|root|253\n||||||||||||\n"));
    }

    [Theory]
    [InlineData("vg0|root|253|0||linear|||5368709120|4194304||")]
    [InlineData("vg0|root|253|0|10g|linear|||5368709120|4194304||")]
    [InlineData("vg0|root|253|0|-1|linear|||5368709120|4194304||")]
    [InlineData("vg0|root|253|0|10737418240|linear||||4194304||")]
    [InlineData("vg0|root|253|0|10737418240|linear|||5368709120|1.5||")]
    [InlineData("vg0|root|253|0|99999999999999999999|linear|||5368709120|4194304||")]
    [InlineData("vg0|pool|253|7|1073741824|thin-pool|||5368709120|4194304||half")]
    [InlineData("vg0|pool|253|7|1073741824|thin-pool|||5368709120|4194304||101.00")]
    [InlineData("vg0|pool|253|7||thin-pool|||5368709120|4194304||10.00")]
    public void A_number_that_is_none_is_lvms_fault(string line) => Assert.Throws<LvmException>(() => LvmReport.Parse(line));
}
