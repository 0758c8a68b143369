using System.Buffers.Binary;
using RescueKit.FileSystems.ExFat;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.ExFat;

/// <summary>Damaged volumes: in memory by the ten thousand, and a sample of them shown to fsck.exfat.</summary>
public sealed class ExFatFuzzTests : IDisposable
{
    /// <summary>Of the fixture: see dump.exfat on it.</summary>
    private const int FatOffset = 24 * 512, HeapOffset = 40 * 512, Cluster = 512, RootCluster = 15;

    private static readonly Extent[] Metadata =
    [
        new(64, 64), new(64, 64), new(104, 10), new(11 * 512, 512), new(12 * 512, 128), new(FatOffset, 128), new(FatOffset, 2048),
        new(HeapOffset, 251), new(HeapOffset + (RootCluster - 2) * Cluster, 128), new(HeapOffset + (RootCluster - 2) * Cluster, 512),
    ];

    private readonly TempFolder _temp = new();

    [Fact]
    public void Any_damage_gives_a_well_formed_answer()
    {
        using var image = Fixture.Open("exfat-aged.img.gz");
        var limits = new FuzzLimits { AllocatedBytes = 4 << 20 };
        var outcome = MutationFuzz.Run(new ExFatReader(), image, Metadata, TestScale.Of(100_000), seed: 41, limits, RepairChecksum);
        Assert.True(outcome is { Whole: > 0, Mapped: > 0, Unreadable: 0 }, $"{outcome}");
    }

    /// <summary>What fsck.exfat rejects has no map. What it reads is in the map. What it finds clean survives on its mapped bytes alone.</summary>
    [Fact]
    public void The_real_tool_is_never_promised_less_than_it_reads()
    {
        using var image = Fixture.Open("exfat-aged.img.gz");
        var random = new Random(42);
        var mutator = new Mutator(image, Metadata, random);
        var contradictions = new Contradictions();
        var (rejected, read, clean) = (0, 0, 0);
        for (var i = 0; i < TestScale.Of(120); i++)
        {
            var overlay = new OverlaySource(image);
            var what = mutator.Mutate(overlay);
            RepairChecksum(overlay, random);
            var path = _temp.File("mutated.img");
            MaskedCopy.OntoRandomBytes(overlay, ExtentSet.Of(new Extent(0, overlay.Length)), path, seed: 0);
            var check = ExFatVolume.At(path).Check();
            var content = new ExFatReader().Read(overlay, new AllocationOptions());
            if (!ExFatVolume.Reads(check))
            {
                rejected++;
                if (content?.Map is not null) contradictions.Add($"{what}: fsck.exfat gives up, and there is a map\n{check.Everything}");
                continue;
            }
            read++;
            if (content?.Map is not { } map || !check.Ok) continue;
            clean++;
            var restored = _temp.File("restored.img");
            MaskedCopy.OntoRandomBytes(overlay, map.UsedIn(new Extent(0, overlay.Length)), restored, seed: 43);
            var again = ExFatVolume.At(restored).Check();
            if (!again.Ok || check.Output.Replace(path, "", StringComparison.Ordinal) != again.Output.Replace(restored, "", StringComparison.Ordinal))
                contradictions.Add($"{what}: {check.Everything}\nof the copy of its mapped bytes: {again.Everything}");
        }
        contradictions.AssertNone();
        Assert.True(rejected > 0 && read > 0 && clean > 0, $"{rejected} rejected, {read} read, {clean} clean");
    }

    public void Dispose() => _temp.Dispose();

    /// <summary>Three times out of four the checksum is made right again, so that the damage behind them is looked at.</summary>
    private static void RepairChecksum(OverlaySource overlay, Random random)
    {
        if (random.Next(4) == 0) return;
        var sectors = new byte[11 * 512];
        overlay.Read(0, sectors);
        uint sum = 0;
        for (var i = 0; i < sectors.Length; i++)
        {
            if (i is 106 or 107 or 112) continue; // flags and percentage in use
            sum = ((sum & 1) << 31) + (sum >> 1) + sectors[i];
        }
        var repeated = new byte[512];
        for (var i = 0; i < repeated.Length; i += 4) BinaryPrimitives.WriteUInt32LittleEndian(repeated.AsSpan(i), sum);
        overlay.Patch(11 * 512, repeated);
    }
}
