using RescueKit.EndToEnd.Tests.Guests.Stamps;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>Every sector of what an image restores tells when it was written: both volumes are as they were at one instant.</summary>
[Collection(GuestTests.Name), Trait(TestScale.Tier, TestScale.Wide)]
public sealed class GuestStampTests(GuestStampMachine machine) : IClassFixture<GuestStampMachine>
{
    private const int Rounds = 20;

    private string Disk => machine.Path("busy");

    [Fact]
    public void Each_hot_image_holds_one_instant_of_both_volumes()
    {
        for (var round = 1; round <= Rounds; round++)
        {
            var when = machine.WhileStamping($"rescuekit image create --hot {Disk} /vault/round.rki --quiet-timeout 0 --quiet", seed: 100 * round);
            var (first, second) = machine.Restore("round.rki");
            var verdict = machine.Judge(when, first, second);
            Assert.True(verdict.Faults.Count == 0, $"round {round}: {string.Join('\n', verdict.Faults)}");
            Assert.True(verdict.Included > 20, $"round {round}: only {verdict.Included} writes between start and snapshot");
        }
    }

    [Fact]
    public void Two_snapshots_at_different_instants_and_a_copy_of_live_devices_are_not_taken_for_one()
    {
        var when = machine.WhileStamping($"""
            rescuekit image create --hot {Disk} /vault/one.rki --quiet-timeout 0 --quiet &&
            rescuekit image create --hot {Disk} /vault/other.rki --quiet-timeout 0 --quiet &&
            dd if={Disk} of=/vault/copy bs=64k 2>/dev/null
            """, seed: 7);
        var one = machine.Restore("one.rki");
        var other = machine.Restore("other.rki");
        Assert.Empty(machine.Judge(when, one.First, one.Second).Faults);
        Assert.Empty(machine.Judge(when, other.First, other.Second).Faults);
        Assert.NotEmpty(machine.Judge(when, one.First, other.Second).Faults);
        Assert.NotEmpty(machine.Judge(when, other.First, one.Second).Faults);
        var copy = machine.Split(machine.FromVault("copy"));
        Assert.NotEmpty(machine.Judge(when, copy.First, copy.Second).Faults);
    }
}
