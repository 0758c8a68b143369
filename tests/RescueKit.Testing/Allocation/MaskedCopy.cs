using RescueKit.Model;

namespace RescueKit.Testing.Allocation;

/// <summary>What a restore does, without the image between: the proof that a map leaves nothing out.</summary>
public static class MaskedCopy
{
    /// <summary>Writes a file of random bytes as long as the volume, with only <paramref name="used"/> copied from it.</summary>
    public static void OntoRandomBytes(IBlockSource volume, ExtentSet used, string path, int seed)
    {
        var noise = new byte[1 << 20];
        new Random(seed).NextBytes(noise);
        var buffer = new byte[1 << 20];
        using var file = new FileStream(path, FileMode.Create);
        for (var at = 0L; at < volume.Length; at += noise.Length)
            file.Write(noise, 0, (int)Math.Min(noise.Length, volume.Length - at));
        foreach (var extent in used)
        {
            file.Position = extent.Offset;
            for (var at = extent.Offset; at < extent.End; at += buffer.Length)
            {
                var span = buffer.AsSpan(0, (int)Math.Min(buffer.Length, extent.End - at));
                volume.Read(at, span);
                file.Write(span);
            }
        }
    }
}
