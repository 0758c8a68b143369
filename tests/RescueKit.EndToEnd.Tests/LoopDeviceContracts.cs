using RescueKit.Disks;
using RescueKit.Model;
using RescueKit.Testing.Contracts;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>The contract of targets on real block devices, with O_DIRECT, at each sector size.</summary>
public abstract class LoopDeviceContract(int sectorSize) : BlockTargetContract, IDisposable
{
    private readonly TempFolder _folder = new();
    private LoopDevice? _loop;

    protected override IBlockTarget CreateTarget(byte[] content)
    {
        File.WriteAllBytes(_folder.File("disk"), content);
        _loop = new LoopDevice(_folder.File("disk"), sectorSize);
        var target = BlockDevices.OpenTarget(_loop.Path);
        Assert.Equal(sectorSize, target.Geometry.LogicalSectorSize);
        Assert.False(target.UnwrittenIsZero);
        return target;
    }

    public void Dispose()
    {
        _loop?.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }
}

public sealed class LoopDevice512Tests() : LoopDeviceContract(512);

public sealed class LoopDevice4096Tests() : LoopDeviceContract(4096);
