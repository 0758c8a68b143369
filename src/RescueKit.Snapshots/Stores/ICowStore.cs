namespace RescueKit.Snapshots.Stores;

/// <summary>Where the old content of blocks goes that are overwritten while a snapshot of their volume lives. Goes with its last user.</summary>
internal interface ICowStore : IDisposable
{
    /// <summary>Device number of what the kernel writes to.</summary>
    string Number { get; }

    /// <summary>In bytes.</summary>
    long Length { get; }

    /// <summary>In words: "memory", "/var/tmp", "/dev/sdc3".</summary>
    string Where { get; }

    /// <summary>Makes it larger; false where it is as large as it may be.</summary>
    bool Grow();
}
