using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ntfs;

/// <summary>What makes a volume unclean or hibernated, and that the map at the user's risk is then the same as before.</summary>
public sealed class NtfsStateTests : IDisposable
{
    // Exit codes of ntfs-3g.probe --readwrite.
    private const int Mountable = 0, HibernatedCode = 14, UncleanCode = 15;

    private readonly TempFolder _folder = new();
    private readonly NtfsImage _image;
    private readonly ExtentSet _clean;

    public NtfsStateTests()
    {
        _image = NtfsImage.Make(_folder.File("volume"), 16 << 20);
        _image.Put("some file", new byte[100_000]);
        _clean = Used(Read().Map!);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0x0001)]
    [InlineData(0x0002)]
    [InlineData(0x0004)]
    [InlineData(0x0100)]
    [InlineData(0x4000)]
    [InlineData(0x8000)]
    [InlineData(0x0009)]
    public void Volume_flags_that_announce_work_make_it_unclean(int flags)
    {
        SetFlags((ushort)flags);
        AssertUnclean(Read(), hibernated: false);
    }

    [Theory]
    [InlineData(0x0008)]
    [InlineData(0x0010)]
    [InlineData(0x0038)]
    public void Volume_flags_that_leave_clusters_alone_do_not(int flags)
    {
        SetFlags((ushort)flags);
        Assert.Equal(_clean, Used(Read().Map!));
    }

    [Fact]
    public void A_volume_that_ntfsfix_marked_for_a_check_is_unclean()
    {
        Tool.Must("ntfsfix", _image.Path);
        AssertUnclean(Read(), hibernated: false);
        Tool.Must("ntfsfix", "-d", _image.Path);
        Assert.Equal(_clean, Used(Read().Map!));
    }

    [Fact]
    public void An_unknown_version_is_taken_whole_without_another_choice()
    {
        using (var editor = new NtfsEditor(_image.Path)) editor.EditValue(SystemRecord.Volume, AttributeType.VolumeInformation, 8, 4, 0);
        var content = Read();
        Assert.Null(content.Map);
        Assert.Null(content.UncleanMap);
        Assert.Contains("4.0", content.WholeReason);
        Assert.False(content.Unclean);
    }

    // Each page: newer of the two or not, open, flags, major version. The verdict of ntfs-3g.probe is the oracle for version 1.1.
    [Theory]
    [InlineData(false, 0, 1, false, 0, 1, true)]
    [InlineData(true, 2, 1, true, 2, 1, true)]
    [InlineData(true, 0, 1, true, 0, 1, false)]
    [InlineData(false, 0, 1, true, 0, 1, false)]
    [InlineData(true, 0, 1, false, 0, 1, true)]
    [InlineData(false, 0, 2, false, 0, 2, false)]
    [InlineData(true, 2, 2, true, 2, 2, false)]
    [InlineData(false, 0, 3, false, 0, 3, false)]
    public void The_newer_restart_page_says_whether_the_journal_is_closed(
        bool open1, ushort flags1, ushort major1, bool open2, ushort flags2, ushort major2, bool clean)
    {
        WriteLog(
            log => RestartPages.Page(log, 1000, open1, flags1, (major1, (ushort)(major1 == 1 ? 1 : 0))),
            log => RestartPages.Page(log, 2000, open2, flags2, (major2, (ushort)(major2 == 1 ? 1 : 0))));
        if (major1 == 1) Assert.Equal(clean ? Mountable : UncleanCode, Probe());
        if (clean) Assert.Equal(_clean, Used(Read().Map!));
        else AssertUnclean(Read(), hibernated: false);
    }

    [Fact]
    public void Of_equally_new_restart_pages_both_must_be_closed()
    {
        WriteLog(log => RestartPages.Page(log, 7, false, 0, (1, 1)), log => RestartPages.Page(log, 7, true, 0, (1, 1)));
        AssertUnclean(Read(), hibernated: false);
    }

    [Fact]
    public void A_torn_restart_page_makes_it_unclean()
    {
        WriteLog(log => RestartPages.Page(log, 7, false, 0, (1, 1)), log =>
        {
            var page = RestartPages.Page(log, 8, false, 0, (1, 1));
            page[1022] ^= 1;
            return page;
        });
        AssertUnclean(Read(), hibernated: false);
    }

    /// <summary>Windows makes pages as large as the machine's memory pages. Where the second page lies follows from the size that the first gives.</summary>
    [Theory]
    [InlineData(8192)]
    [InlineData(16384)]
    public void Restart_pages_of_other_sizes_are_found(int size)
    {
        WriteLog(log => RestartPages.Page(log, 7, true, 0, (1, 1), size), log => RestartPages.Page(log, 8, false, 0, (1, 1), size));
        Assert.Equal(Mountable, Probe());
        Assert.Equal(_clean, Used(Read().Map!));
        WriteLog(log => RestartPages.Page(log, 9, false, 0, (1, 1), size), log => RestartPages.Page(log, 10, true, 0, (1, 1), size));
        Assert.Equal(UncleanCode, Probe());
        AssertUnclean(Read(), hibernated: false);
    }

    /// <summary>Windows 8 and later write version 2.0 while the volume is in use and after a fast start-up's shutdown, and 1.1 when it is left for good.</summary>
    [Fact]
    public void A_journal_of_version_2_is_of_a_volume_still_in_use()
    {
        WriteLog(log => RestartPages.Page(log, 7, false, 2, (2, 0)), log => RestartPages.Page(log, 8, false, 2, (2, 0)));
        var content = Read();
        AssertUnclean(content, hibernated: false);
        Assert.Contains("fast start-up", content.WholeReason);
    }

    /// <summary>chkdsk changes the mark of the pages that it has looked at; what that says of the log is not known here.</summary>
    [Fact]
    public void Restart_pages_that_chkdsk_has_marked_are_not_trusted()
    {
        byte[] Marked(byte[] page)
        {
            "CHKD"u8.CopyTo(page);
            return page;
        }
        WriteLog(log => Marked(RestartPages.Page(log, 7, false, 2, (1, 1))), log => Marked(RestartPages.Page(log, 8, false, 2, (1, 1))));
        AssertUnclean(Read(), hibernated: false);
    }

    [Fact]
    public void A_log_of_zeros_is_unclean_as_ntfs_3g_says()
    {
        WriteLog(_ => new byte[RestartPages.PageSize], _ => new byte[RestartPages.PageSize]);
        Assert.Equal(UncleanCode, Probe());
        AssertUnclean(Read(), hibernated: false);
    }

    [Theory]
    [InlineData("hiberfil.sys", "hibr")]
    [InlineData("hiberfil.sys", "HIBR")]
    [InlineData("HIBERFIL.SYS", "hibr")]
    [InlineData("HiberFil.Sys", "RSTR")]
    [InlineData("hiberfil.sys", "????")]
    public void A_hibernation_file_in_use_makes_it_hibernated(string name, string signature)
    {
        _image.Put(name, [.. System.Text.Encoding.ASCII.GetBytes(signature), .. new byte[200_000]]);
        // ntfs-3g knows this spelling only.
        if (name == "hiberfil.sys" && signature == "hibr") Assert.Equal(HibernatedCode, Probe());
        var content = Read();
        AssertUnclean(content, hibernated: true);
        using var volume = new FileSource(_image.Path);
        var asked = new NtfsReader().Read(volume, new AllocationOptions(ExcludeWindowsSwap: true))!;
        Assert.Empty(asked.Excluded);
        Assert.Empty(asked.ReadAsZero);
        Assert.Contains("hibernat", Assert.Single(asked.Warnings), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_hibernation_file_without_room_for_its_header_belongs_to_a_hibernated_system()
    {
        _image.Put("hiberfil.sys", new byte[100]);
        Assert.Equal(HibernatedCode, Probe());
        Assert.True(Read().Hibernated);
    }

    [Theory]
    [InlineData("wake")]
    [InlineData("WAKE")]
    [InlineData("\0\0\0\0")]
    public void A_hibernation_file_out_of_use_does_not(string signature)
    {
        _image.Put("hiberfil.sys", [.. System.Text.Encoding.ASCII.GetBytes(signature), .. new byte[200_000]]);
        Assert.Equal(Mountable, Probe());
        var content = Read();
        Assert.False(content.Hibernated);
        Assert.NotNull(content.Map);
    }

    [Fact]
    public void A_hibernated_volume_is_named_so_even_when_its_copies_differ()
    {
        _image.Put("hiberfil.sys", [.. "hibr"u8, .. new byte[200_000]]);
        using (var editor = new NtfsEditor(_image.Path)) editor.Write(editor.Boot.MftMirrorCluster * editor.Boot.ClusterSize + 0x40, [0xAA]);
        var content = Read();
        Assert.True(content.Hibernated);
        Assert.Null(content.Map);
        Assert.Null(content.UncleanMap);
    }

    [Theory]
    [InlineData("-FVE-FS-")]
    [InlineData("ReFS\0\0\0\0")]
    public void Other_systems_in_the_same_place_are_left_to_others(string name)
    {
        using (var editor = new NtfsEditor(_image.Path)) editor.Write(3, System.Text.Encoding.ASCII.GetBytes(name));
        using var volume = new FileSource(_image.Path);
        Assert.Null(new NtfsReader().Read(volume, new AllocationOptions()));
    }

    private void AssertUnclean(VolumeContent content, bool hibernated)
    {
        Assert.Null(content.Map);
        Assert.NotNull(content.WholeReason);
        Assert.True(content.Unclean);
        Assert.Equal(hibernated, content.Hibernated);
        Assert.NotNull(content.UncleanMap);
        Assert.True(Used(content.UncleanMap).IsSupersetOf(_clean));
        MapAssert.WellFormed(content, 16 << 20);
    }

    private VolumeContent Read()
    {
        // The maps are asked after the volume is closed here, so it is held in memory.
        var volume = Testing.Fakes.MemoryDisk.FromBytes(File.ReadAllBytes(_image.Path));
        return new NtfsReader().Read(volume, new AllocationOptions())!;
    }

    private static ExtentSet Used(IAllocationMap map) => map.UsedIn(new Extent(0, 16 << 20));

    private int Probe() => Tool.Run("ntfs-3g.probe", "--readwrite", _image.Path).ExitCode;

    private void SetFlags(ushort flags)
    {
        using var editor = new NtfsEditor(_image.Path);
        editor.EditValue(SystemRecord.Volume, AttributeType.VolumeInformation, 10, (byte)flags, (byte)(flags >> 8));
        Tool.Must("ntfsinfo", "-m", "-f", _image.Path);
    }

    private void WriteLog(Func<long, byte[]> first, Func<long, byte[]> second)
    {
        using var editor = new NtfsEditor(_image.Path);
        var bytes = editor.Mft.Open(SystemRecord.LogFile).OpenData().DataSize;
        RestartPages.Write(editor, first(bytes), second(bytes));
    }
}
