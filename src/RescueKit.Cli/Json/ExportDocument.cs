namespace RescueKit.Cli.Json;

/// <summary>A disk file that was made of an image.</summary>
/// <param name="Length">Bytes of the disk.</param>
/// <param name="FileBytes">Length of the file; holes in it count.</param>
/// <param name="Losses">Zeros stand where something could not be read.</param>
internal sealed record ExportDocument(string Image, string File, string Format, long Length, long FileBytes, bool Verified, bool Losses);
