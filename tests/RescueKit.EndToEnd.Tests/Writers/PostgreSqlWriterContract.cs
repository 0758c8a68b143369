using RescueKit.Snapshots.Writers;
using RescueKit.Snapshots.Writers.Databases;
using RescueKit.Testing.Contracts;

namespace RescueKit.EndToEnd.Tests.Writers;

public sealed class PostgreSqlWriterContract(PostgreSqlServer server) : SnapshotWriterContract, IClassFixture<PostgreSqlServer>, IDisposable
{
    public void Dispose() => server.Process.Signal("CONT");

    protected override IWriter Working() => server.Writer();

    protected override IWriter Failing() => new PostgreSqlWriter("gone", server.Access with { Port = 5998 });

    protected override IWriter Hanging() => server.Writer();

    protected override void Hang() => server.Process.Signal("STOP");
}
