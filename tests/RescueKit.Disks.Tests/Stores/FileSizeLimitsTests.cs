using RescueKit.Disks.Stores;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.Stores;

public class FileSizeLimitsTests
{
    /// <summary>Magic numbers of linux/magic.h and statfs(2).</summary>
    [Theory]
    [InlineData(0x4d44, 4_294_967_295L)] // FAT
    [InlineData(0x2011bab0, null)] // exFAT
    [InlineData(0xef53, null)] // ext
    [InlineData(0x65735546, null)] // FUSE: whatever is behind it
    [InlineData(0xff534d42, null)] // CIFS
    [InlineData(0x01021997, null)] // 9p
    public void A_type_of_file_system_tells_the_largest_file(long type, long? largest) => Assert.Equal(largest, FileSizeLimits.OfFileSystem(type));

    [Fact]
    public void The_limit_of_the_process_is_that_of_the_shell()
    {
        var said = Tool.Must("/bin/bash", "-c", "ulimit -f").Output.Trim();
        Assert.Equal(said == "unlimited" ? null : long.Parse(said) * 1024, FileSizeLimits.OfProcess);
        using var folder = new TempFolder();
        Assert.Equal(FileSizeLimits.OfProcess, FileSizeLimits.In(folder.FullPath));
    }
}
