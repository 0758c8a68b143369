using RescueKit.Model;
using RescueKit.Snapshots.Freezing;

namespace RescueKit.Snapshots.Tests.Freezing;

public class HelperProcessTests
{
    [Fact]
    public void A_program_that_cannot_be_started_is_told_by_name()
    {
        var error = Assert.Throws<SnapshotException>(() => new HelperProgram("/no/such/program").Start(SnapshotHelper.FreezerRole, "", TimeSpan.FromSeconds(5)));
        Assert.Contains("/no/such/program", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_is_no_helper_is_not_waited_for() =>
        Assert.Throws<SnapshotException>(() => new HelperProgram("/bin/true").Start(SnapshotHelper.FreezerRole, "", TimeSpan.FromSeconds(60)));
}
