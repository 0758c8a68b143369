using System.Buffers.Binary;
using System.Text;
using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ntfs;

/// <summary>Damage that the mutation tests found ntfs-3g to reject and this reader to map, each once by itself.</summary>
public sealed class NtfsDamageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static readonly Dictionary<string, (Action<NtfsEditor> Do, string Reason)> Damages = new()
    {
        ["data encrypted, file not"] = (editor => editor.Edit(SystemRecord.MftMirror, record => Put16(record, AttributeType.Data, 0x0C, 0x4000)), "encrypted"),
        ["data sparse, file not"] = (editor => editor.Edit(SystemRecord.UpCase, record => Put16(record, AttributeType.Data, 0x0C, 0x8000)), "its data"),
        ["name longer than its attribute"] = (editor => editor.EditValue(SystemRecord.Bitmap, AttributeType.FileName, 0x40, 200), "damaged name"),
        ["name without characters"] = (editor => editor.EditValue(SystemRecord.Bitmap, AttributeType.FileName, 0x40, 0), "damaged name"),
        ["standard information cut"] = (editor => editor.Edit(SystemRecord.LogFile, record => Put16(record, AttributeType.StandardInformation, 0x10, 0x20)), "too short"),
        ["index block of another number"] = (editor => editor.Write(Blocks(editor), 0x10, [1]), "calls itself 1"),
        ["index block longer than it is"] = (editor => editor.Write(Blocks(editor), NtfsIndex.BlockHeader + 8, [0, 0]), "an index"),
        ["index without a way to its block"] = (editor => editor.EditValue(SystemRecord.RootDirectory, AttributeType.IndexRoot, NtfsIndex.RootHeader + NtfsIndex.Header + 0x0C, 2), "no branch leads to"),
        ["index with blocks of no size"] = (editor => editor.EditValue(SystemRecord.Secure, AttributeType.IndexRoot, 8, 0xD2, 0xDD, 0xEE, 0x03), "blocks of"),
        ["system file under another name"] = (Rename, "does not lead to $Secure"),
    };

    public static TheoryData<string> Names() => [.. Damages.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void What_ntfs_3g_rejects_is_taken_whole(string name)
    {
        var image = NtfsImage.Make(_folder.File("volume"), 2 << 20, "-c", "512");
        Tool.Must("ntfsinfo", "-m", image.Path);
        Assert.NotNull(Read(image).Map);
        using (var editor = new NtfsEditor(image.Path)) Damages[name].Do(editor);
        Assert.False(Tool.Run("ntfsinfo", "-m", image.Path).Ok);
        var content = Read(image);
        Assert.Null(content.Map);
        Assert.Null(content.UncleanMap);
        Assert.Contains(Damages[name].Reason, content.WholeReason);
    }

    private static byte[] Put16(byte[] record, uint type, int offset, ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(NtfsEditor.AttributeOffset(record, type) + offset), value);
        return record;
    }

    private static NtfsStream Blocks(NtfsEditor editor) => editor.Mft.Open(SystemRecord.RootDirectory).OpenStream(AttributeType.IndexAllocation, "$I30")!;

    private static void Rename(NtfsEditor editor)
    {
        var blocks = Blocks(editor);
        var content = blocks.ReadAll(1 << 20);
        var at = content.AsSpan().IndexOf(Encoding.Unicode.GetBytes("$Secure"));
        editor.Write(blocks, at + 2, Encoding.Unicode.GetBytes("X"));
    }

    private static VolumeContent Read(NtfsImage image) =>
        new NtfsReader().Read(MemoryDisk.FromBytes(File.ReadAllBytes(image.Path)), new AllocationOptions())!;
}
