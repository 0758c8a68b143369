using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Interop;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.Interop;

/// <summary>What counts as being on the disk while nothing has been synced.</summary>
public sealed class WriteBehindTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly SafeFileHandle _file;
    private readonly WriteBehind _behind;

    public WriteBehindTests()
    {
        _file = File.OpenHandle(_folder.File("image"), FileMode.CreateNew, FileAccess.Write);
        _behind = new WriteBehind(_file, clock: _clock);
    }

    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_full_window_counts_when_the_next_is_full()
    {
        Write(32 << 20);
        Assert.Equal(0, _behind.Durable);
        Write(31 << 20);
        Assert.Equal(0, _behind.Durable);
        Write(1 << 20);
        Assert.Equal(32 << 20, _behind.Durable);
    }

    /// <summary>A backup of a slow disk stood at 0 % for as long as it took to fill two windows.</summary>
    [Fact]
    public void What_a_slow_writer_wrote_counts_after_seconds()
    {
        Write(4096);
        Assert.Equal(0, _behind.Durable);
        for (var second = 0; second < 2; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1.1));
            Write(4096);
        }
        Assert.Equal(2 * 4096, _behind.Durable);
    }

    private void Write(int bytes)
    {
        RandomAccess.Write(_file, new byte[bytes], 0);
        Assert.Equal(0, _behind.Wrote(bytes));
    }
}
