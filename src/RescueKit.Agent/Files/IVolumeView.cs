namespace RescueKit.Agent.Files;

/// <summary>What makes of a volume that an NBD server of this process serves something that can be mounted, read-only. Disposed of after what is mounted.</summary>
internal interface IVolumeView : IDisposable
{
    string Path { get; }

    /// <summary>A block device; else a file.</summary>
    bool IsDevice { get; }
}
