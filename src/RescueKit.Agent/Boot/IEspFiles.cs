namespace RescueKit.Agent.Boot;

/// <summary>The files of an EFI system partition.</summary>
internal interface IEspFiles : IDisposable
{
    /// <summary>Everything below EFI, as "EFI/debian/shimx64.efi".</summary>
    /// <exception cref="Model.DeviceException">It cannot be read.</exception>
    IReadOnlyList<string> List();

    /// <summary>Copies a file inside the partition; folders are made, what is there is never written over.</summary>
    /// <exception cref="Model.RescueKitException">It cannot be written, or the name is taken.</exception>
    void Copy(string from, string to);
}
