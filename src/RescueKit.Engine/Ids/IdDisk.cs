using RescueKit.Model;

namespace RescueKit.Engine.Ids;

/// <summary>A disk that has been written as a copy of another, with ids of its own in its partition table. Ids as blkid prints them.</summary>
/// <param name="Path">Of the disk or disk file.</param>
/// <param name="SectorSize">In which the table counts; bytes.</param>
/// <param name="DiskId">The table's; null where there is none.</param>
public sealed record IdDisk(string Path, PartitionTableKind Table, int SectorSize, IdChange? DiskId, IReadOnlyList<IdVolume> Volumes);

/// <summary>The original's id and the copy's.</summary>
public sealed record IdChange(string From, string Onto);

/// <param name="Number">The partition's; 0 for a file system that has the disk to itself, without a table.</param>
/// <param name="FileSystem">As <see cref="VolumeContent.Type"/>; null where what it holds was not written.</param>
/// <param name="Uuid">Of what it holds, on both disks; null where that has none.</param>
/// <param name="PartitionId">Of a GPT.</param>
public sealed record IdVolume(int Number, string? FileSystem, string? Uuid, IdChange? PartitionId);

/// <param name="Complaints">What could not be done, a sentence each.</param>
/// <param name="IsLeftInUse">Something of the disk could not be let go of: nothing else may be done to it.</param>
public sealed record IdRenewal(IReadOnlyList<string> Complaints, bool IsLeftInUse = false);

/// <summary>Gives a copy of a disk ids of its own, so that a system that sees both takes neither for the other.</summary>
public interface IIdRenewer
{
    /// <summary>Whether it could be done here, looking at nothing but the kinds of what the disk holds and at this system; writes nothing.</summary>
    /// <returns>What will keep its ids, or has to be seen to afterwards; a sentence each.</returns>
    /// <exception cref="SafetyException">It could not, or the copy could not be used afterwards; the message says why.</exception>
    IReadOnlyList<string> Check(IdDisk disk);

    /// <summary>
    /// Changes the ids of file systems by their own tools, then what names them, or those of the table, in the Linux systems on the disk. What
    /// the tools began is not cut off; <paramref name="cancel"/> counts between them.
    /// </summary>
    /// <param name="tell">Takes what is being done, a few words each.</param>
    /// <exception cref="RescueKitException">It failed before any file system was changed.</exception>
    IdRenewal Renew(IdDisk disk, Action<string> tell, CancellationToken cancel);
}
