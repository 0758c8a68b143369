namespace RescueKit.Agent.Files;

/// <summary>A volume as something that can be mounted, or that file systems' own tools open. Disposed of after what uses it.</summary>
internal interface IVolumeView : IDisposable
{
    /// <summary>A node, or a plain file.</summary>
    string Path { get; }

    /// <summary>A block device; else a file.</summary>
    bool IsDevice { get; }
}
