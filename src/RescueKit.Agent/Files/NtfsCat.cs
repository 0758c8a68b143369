using RescueKit.Agent.Tools;

namespace RescueKit.Agent.Files;

/// <summary>Single files of an NTFS volume, by ntfscat(8): it reads the sparse files that 7-Zip does not.</summary>
internal static class NtfsCat
{
    public const string Program = "ntfscat";
    private const int BufferBytes = 64 << 10;

    /// <summary>Writes a file's content into one beside it of the same name, with the time that it is listed with. Zeros become holes.</summary>
    /// <param name="volume">A file.</param>
    /// <param name="file">With its whole path for a name.</param>
    /// <returns>What failed; null where it is whole.</returns>
    public static string? Copy(IToolStreams tools, string volume, ListedFile file, string target, CancellationToken cancel)
    {
        // Its exit code does not tell of a read error.
        using var tool = tools.Open(new ToolCall(Program, volume, "/" + file.Name) { Cancel = cancel });
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using (var copy = new FileStream(target, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
        {
            var buffer = new byte[BufferBytes];
            for (int read; (read = tool.Output.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0;)
            {
                if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0)) copy.Write(buffer.AsSpan(0, read));
                else copy.Seek(read, SeekOrigin.Current);
            }
            copy.SetLength(copy.Position);
        }
        var outcome = tool.End();
        if (outcome.ExitCode != 0 || outcome.Error.Trim().Length > 0) return $"{Program}: {outcome.Complaint}";
        if (new FileInfo(target).Length != file.Size) return $"{Program}: it has {new FileInfo(target).Length} of {file.Size} bytes";
        File.SetLastWriteTimeUtc(target, file.ModifiedAt.UtcDateTime);
        return null;
    }
}
