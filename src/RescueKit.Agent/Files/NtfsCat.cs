using RescueKit.Agent.Tools;

namespace RescueKit.Agent.Files;

/// <summary>Single files of an NTFS volume, by ntfscat(8): it reads the sparse files that 7-Zip does not.</summary>
internal static class NtfsCat
{
    public const string Program = "ntfscat";
    private const int BufferBytes = 64 << 10;

    /// <summary>Writes a file's content into one that is there, whose times stay. Zeros become holes.</summary>
    /// <param name="volume">A file.</param>
    /// <param name="path">In the volume.</param>
    /// <returns>What failed; null where it is whole.</returns>
    public static string? Copy(IToolStreams tools, string volume, string path, string target, CancellationToken cancel)
    {
        var time = File.GetLastWriteTimeUtc(target);
        using var tool = tools.Open(new ToolCall(Program, volume, path) { Cancel = cancel });
        using (var file = new FileStream(target, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
        {
            var buffer = new byte[BufferBytes];
            for (int read; (read = tool.Output.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0;)
            {
                if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0)) file.Write(buffer.AsSpan(0, read));
                else file.Seek(read, SeekOrigin.Current);
            }
            file.SetLength(file.Position);
        }
        File.SetLastWriteTimeUtc(target, time);
        var outcome = tool.End();
        return outcome.ExitCode == 0 ? null : $"{Program}: {outcome.Complaint}";
    }
}
