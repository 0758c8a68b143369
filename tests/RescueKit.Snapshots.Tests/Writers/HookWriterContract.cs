using RescueKit.Snapshots.Writers;
using RescueKit.Testing.Contracts;

namespace RescueKit.Snapshots.Tests.Writers;

public sealed class HookWriterContract : SnapshotWriterContract, IDisposable
{
    private readonly List<HookScript> _scripts = [];

    protected override IWriter Working() => Add("exit 0").Writer();

    protected override IWriter Failing() => Add("[ $1 != freeze ]").Writer();

    protected override IWriter Hanging() => Add("[ ! -e $D/hang ] || sleep 1000").Writer();

    protected override void Hang() => File.WriteAllText(_scripts[^1].At("hang"), "");

    public void Dispose() => _scripts.ForEach(script => script.Dispose());

    private HookScript Add(string body)
    {
        _scripts.Add(new HookScript(body));
        return _scripts[^1];
    }
}
