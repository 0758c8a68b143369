using Microsoft.Win32.SafeHandles;

namespace RescueKit.Engine.Receipts;

/// <summary>Writes receipts as files: whole or not at all.</summary>
internal static class ReceiptFile
{
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> json)
    {
        var temporary = path + ".new";
        using (SafeFileHandle file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(file, json, 0);
            RandomAccess.FlushToDisk(file);
        }
        File.Move(temporary, path, overwrite: true);
    }
}
