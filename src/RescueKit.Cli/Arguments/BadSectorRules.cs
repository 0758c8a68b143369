using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Cli.Arguments;

internal static class BadSectorRules
{
    /// <exception cref="UsageException">A time limit for something that is not done.</exception>
    public static void Check(BadSectorPolicy policy, TimeSpan? time)
    {
        if (time is not null && policy != BadSectorPolicy.Skip)
            throw new UsageException("--bad-sector-time says how long to try for bad sectors, but the first one ends the run", "add --on-bad-sector skip");
    }
}
