namespace RescueKit.Media.Write;

public enum DataFileSystem { None, ExFat, Ext4 }

/// <summary>What `rescuekit media write` is asked for.</summary>
/// <param name="Iso">Made by `media build`.</param>
/// <param name="Target">The stick, or a file in its place.</param>
public sealed record StickRequest(string Iso, string Target)
{
    /// <summary>Of the partition for images, which takes the rest of the stick.</summary>
    public DataFileSystem Data { get; init; } = DataFileSystem.ExFat;

    /// <summary>Bytes of a target file that does not exist yet or is empty; null where it has its length.</summary>
    public long? NewLength { get; init; }
}
