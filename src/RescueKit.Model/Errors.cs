namespace RescueKit.Model;

/// <summary>
/// An error that a person is told. The message says what failed, to which disk or file and where; <see cref="Remedy"/> says what
/// to do next. The kinds below are what the command line maps to its exit codes.
/// </summary>
public abstract class RescueKitException(string message, string? remedy = null, Exception? inner = null) : Exception(message, inner)
{
    public string? Remedy { get; } = remedy;
}

/// <summary>The request makes no sense as put (exit code 2).</summary>
public sealed class UsageException(string message, string? remedy = null) : RescueKitException(message, remedy);

/// <summary>Carrying on could destroy data that nobody agreed to lose (exit code 4).</summary>
public sealed class SafetyException(string message, string? remedy = null) : RescueKitException(message, remedy);

/// <summary>A disk, file or share failed (exit code 1).</summary>
public class DeviceException(string message, string? remedy = null, Exception? inner = null) : RescueKitException(message, remedy, inner)
{
    /// <summary>errno where the system gave one, else 0.</summary>
    public int Errno { get; init; }
}

/// <summary>Reading <see cref="Extent"/> failed; some part of it may be readable in smaller pieces.</summary>
public sealed class BlockReadException(string message, Extent extent, string? remedy = null, Exception? inner = null)
    : DeviceException(message, remedy, inner)
{
    public Extent Extent { get; } = extent;
}

/// <summary>Writing <see cref="Extent"/> failed: what it holds now is not known.</summary>
public sealed class BlockWriteException(string message, Extent extent, string? remedy = null, Exception? inner = null)
    : DeviceException(message, remedy, inner)
{
    public Extent Extent { get; } = extent;
}

/// <summary>There is no room left where the image or the disk file is written (exit code 1).</summary>
public sealed class NoSpaceException(string message, string? remedy = null, Exception? inner = null) : DeviceException(message, remedy, inner);

/// <summary>The device is gone: unplugged, or the kernel gave it up (exit code 1, never 5).</summary>
public sealed class DeviceGoneException(string message, string? remedy = null, Exception? inner = null) : DeviceException(message, remedy, inner);

/// <summary>An image or chain cannot be used as it is (exit code 3).</summary>
public abstract class ImageException(string message, string? remedy = null, Exception? inner = null) : RescueKitException(message, remedy, inner);

/// <summary>Not a RescueKit image at all.</summary>
public sealed class NotAnImageException(string message, string? remedy = null) : ImageException(message, remedy);

/// <summary>An image that was begun and not finished; <see cref="RescueKitException.Remedy"/> says how to resume.</summary>
public sealed class ImageIncompleteException(string message, string? remedy = null) : ImageException(message, remedy);

/// <summary>Bytes of the image are not what was written: damaged, moved, or tampered with.</summary>
public sealed class ImageDamagedException(string message, string? remedy = null, Exception? inner = null) : ImageException(message, remedy, inner);

/// <summary>The image needs a feature (named in the message) that this program does not have.</summary>
public sealed class ImageUnsupportedException(string message, string? remedy = null) : ImageException(message, remedy);

/// <summary>The passphrase does not open the image, or the key area was tampered with: cryptography cannot tell which.</summary>
public sealed class WrongPassphraseException(string message, string? remedy = null) : ImageException(message, remedy);

/// <summary>
/// A sound image that is not the one that is wanted: of another disk, of other chunks, complete where one to resume was meant, or
/// not the parent that a chain names.
/// </summary>
public sealed class ImageMismatchException(string message, string? remedy = null) : ImageException(message, remedy);

/// <summary>
/// A parser met a structure that contradicts itself or its limits. Never reaches a person as an error: the caller turns it into
/// "imaged whole" with the message as the reason.
/// </summary>
public sealed class MalformedException(string message) : Exception(message);
