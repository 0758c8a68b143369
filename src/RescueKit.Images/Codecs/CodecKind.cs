namespace RescueKit.Images.Codecs;

/// <summary>How a frame's content is stored. Values are part of the image format.</summary>
public enum CodecKind : byte { None = 0, Lz4 = 1, Zstd = 2 }
