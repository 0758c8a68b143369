using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ntfs;

public sealed class NtfsReaderTests : AllocationReaderContract, IDisposable
{
    private readonly TempFolder _folder = new();

    protected override IAllocationReader Reader { get; } = new NtfsReader();

    protected override IReadOnlyList<AllocationFixture> Fixtures =>
    [
        Fixture("clusters of 512", 16 << 20, "-c", "512"),
        Fixture("clusters of 4096", 24 << 20, "-c", "4096"),
        Fixture("clusters of 65536, a rest behind them", (32 << 20) + 5 * 512, "-c", "65536"),
        Fixture("clusters of 2 MiB", 200 << 20, "-c", "2097152"),
        Fixture("sectors of 4096", 24 << 20, "-s", "4096"),
    ];

    public void Dispose() => _folder.Dispose();

    private AllocationFixture Fixture(string name, long length, params string[] options)
    {
        var path = _folder.File(name);
        if (!File.Exists(path)) NtfsImage.Make(path, length, options).Fill(1, 12, 300_000);
        return new AllocationFixture(name, () => new FileSource(path));
    }
}
