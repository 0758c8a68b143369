using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>A guest with its disks for all tests of a class, booted when the first of them wants it.</summary>
public abstract class GuestMachine : IDisposable
{
    private readonly Dictionary<string, GuestDisk> _disks = [];
    private readonly Lazy<Guest> _guest;

    protected GuestMachine(GuestSystem system) => _guest = new Lazy<Guest>(() =>
    {
        var guest = system.Boot(_disks.Values);
        Prepare(guest);
        return guest;
    });

    internal Guest Guest => _guest.Value;

    private protected TempFolder Folder { get; } = new();

    internal GuestDisk Disk(string name) => _disks[name];

    /// <summary>The file behind a disk.</summary>
    internal string File(string name) => _disks[name].File;

    /// <summary>The device node that a disk has in the guest now.</summary>
    internal string Path(string name) => Guest.Path(_disks[name]);

    public void Dispose()
    {
        if (_guest.IsValueCreated) Guest.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected void Add(GuestDisk disk) => _disks.Add(disk.Id, disk);

    /// <summary>Once, after the boot.</summary>
    private protected virtual void Prepare(Guest guest) { }
}
