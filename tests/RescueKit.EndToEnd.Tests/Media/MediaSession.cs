using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>The rescue environment, entered over SSH with a key as a technician far away does.</summary>
public sealed class MediaSession : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly MediaGuest _guest;

    public MediaSession(MediaImage media) => _guest = new MediaGuest(media,
    [
        new GuestDisk("disk", SparseFile.Create(_folder.File("disk"), 512L << 20), GuestBus.Virtio) { Serial = "DISK" },
        new GuestDisk("spare", SparseFile.Create(_folder.File("spare"), 512L << 20), GuestBus.Nvme) { Serial = "SPARE" },
    ], "rescuekit.keyboard=de");

    /// <summary>Runs a shell script there as root.</summary>
    public string Must(string script) => _guest.Must(script).Output;

    /// <summary>Waits until the machine's screen shows a text; returns all of the screen.</summary>
    public string WaitForScreen(string text)
    {
        var screen = "";
        _guest.Until(() => (screen = _guest.Screen()).Contains(text, StringComparison.Ordinal), $"'{text}' on the screen");
        return screen;
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }
}
