using RescueKit.Model;

namespace RescueKit.Disks.Inventory;

/// <summary>What an open disk or partition is known by, should it vanish and come back under another name.</summary>
/// <param name="PartitionNumber">0 for a whole disk.</param>
/// <param name="Others">
/// The disks that were there beside it when it was opened, as <see cref="Machine.PresenceOf"/> names them. None of them can be it, even
/// with the same serial and size, as disks behind USB bridges have.
/// </param>
internal sealed record DiskOrigin(DiskIdentity Identity, long Length, int PartitionNumber, IReadOnlySet<string> Others);
