using RescueKit.Snapshots.Writers;
using RescueKit.Snapshots.Writers.Databases;
using RescueKit.Testing.Contracts;

namespace RescueKit.EndToEnd.Tests.Writers;

public sealed class MariaDbWriterContract(MariaDbServer server) : SnapshotWriterContract, IClassFixture<MariaDbServer>, IDisposable
{
    public void Dispose() => server.Process.Signal("CONT");

    protected override IWriter Working() => server.Writer();

    protected override IWriter Failing() => new MariaDbWriter("gone", "mariadb", server.Access with { Role = "nobody-knows" });

    protected override IWriter Hanging() => server.Writer();

    protected override void Hang() => server.Process.Signal("STOP");
}
