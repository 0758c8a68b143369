using RescueKit.Model;

namespace RescueKit.Disks.Stores;

/// <summary>Image parts as files of one folder.</summary>
public sealed class FolderStore(string folder) : IImageStore
{
    public string Location { get; } = folder;
    public bool Exists(string name) => throw new NotImplementedException();
    public IReadOnlyList<string> List(string prefix) => throw new NotImplementedException();
    public IPartReader OpenRead(string name) => throw new NotImplementedException();
    public IPartWriter Create(string name) => throw new NotImplementedException();
    public IPartWriter OpenAppend(string name, long length) => throw new NotImplementedException();
    public void Delete(string name) => throw new NotImplementedException();
    public long? FreeBytes => throw new NotImplementedException();
    public long? MaxPartBytes => throw new NotImplementedException();
}
