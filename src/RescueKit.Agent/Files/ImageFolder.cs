using RescueKit.Agent.Places;
using RescueKit.Agent.Tools;
using RescueKit.Engine;
using RescueKit.Engine.Serving;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <param name="Image">Its first part.</param>
/// <param name="Partition">Null for the only one that has files.</param>
/// <param name="Passphrase">Asked for where it is encrypted.</param>
/// <param name="Point">Where to mount it: a folder that exists; null for one that is made, and goes again.</param>
public sealed record ImageFolderRequest(string Image, int? Partition, Func<ReadOnlyMemory<byte>> Passphrase, string? Point = null)
{
    public IToolRunner Tools { get; init; } = new ToolRunner();

    /// <summary>For programs that read the volume without mounting it: they will do, too, where nobody asks for more than <see cref="ImageFolder.Files"/>. Null where the folder is wanted.</summary>
    public IToolStreams? Unmounted { get; init; }

    /// <summary>Takes what could not be read, a sentence each, from any thread.</summary>
    public Action<string> Report { get; init; } = _ => { };

    /// <summary>Told how much of the partition has been read; null for nobody.</summary>
    public Action<RunProgress>? Progress { get; init; }

    /// <summary>Called before anything is made that has to be taken away again.</summary>
    public Action Mounting { get; init; } = () => { };
}

/// <summary>The files of a partition of an image, in a folder (or without one, where files alone are wanted), until it is disposed of.</summary>
public sealed class ImageFolder : IDisposable
{
    /// <summary>What folders of its own are called.</summary>
    private const string Prefix = "rescuekit-files-";

    private readonly ImageDisk _image;
    private DirectoryInfo? _own;
    private MeteredSource? _meter;
    private MountedImage? _mounted;
    private ServedVolume? _served;
    private IVolumeFiles? _files;

    private ImageFolder(ImageDisk image, ImagedVolume volume) => (_image, Volume) = (image, volume);

    /// <summary>Whether something is mounted for an image to be looked into.</summary>
    internal static bool IsOwn(string point) => Path.GetFileName(Path.GetDirectoryName(point))?.StartsWith(Prefix, StringComparison.Ordinal) == true;

    public ImagedVolume Volume { get; }

    /// <summary>What it is an image of, and how it was taken.</summary>
    public ImageDescription Description => _image.Description;

    /// <summary>The folder; there is none where files alone were wanted.</summary>
    public string Root => _mounted!.Point;

    public IVolumeFiles Files => _files!;

    /// <summary>Whether it is still there: anybody may unmount it.</summary>
    public bool IsThere => _mounted!.IsMounted;

    public bool IsEncrypted => _image.IsEncrypted;
    public Guid ImageId => _image.ImageId;

    /// <exception cref="UsageException">It is not clear which partition is meant, or it has no files that can be had, or had by this user.</exception>
    /// <exception cref="ImageException">It is no image, cannot be used, or is not opened by the passphrase.</exception>
    /// <exception cref="DeviceException">It cannot be mounted; nothing is left behind.</exception>
    public static ImageFolder Open(ImageFolderRequest request)
    {
        var image = ImageDisk.Open(request.Image, request.Passphrase);
        ImageFolder? folder = null;
        try
        {
            var volume = MountedImage.Choose(image, request.Partition);
            if (WhyNot(volume.FileSystem, request) is var (why, remedy))
                throw new UsageException(why, $"{remedy}; or serve the partition as a disk and read it with other tools: rescuekit image serve {request.Image}{(volume.Number == 0 ? "" : $" --partition {volume.Number}")}");
            request.Mounting();
            folder = new ImageFolder(image, volume);
            folder.Open(volume.FileSystem, request);
            return folder;
        }
        catch
        {
            if (folder is not null) folder.Dispose();
            else image.Dispose();
            throw;
        }
    }

    /// <summary>What is read from now on is counted from zero.</summary>
    /// <param name="total">Bytes that are expected.</param>
    public void Begin(string phase, long total) => _meter?.Begin(phase, total);

    public void Dispose()
    {
        _mounted?.Dispose();
        _served?.Dispose();
        _meter?.Dispose();
        _image.Dispose();
        try
        {
            if (_own is null) return;
            Directory.Delete(PointIn(_own));
            _own.Delete();
        }
        catch (IOException)
        {
            // Something is still mounted there, and nothing may be deleted.
        }
    }

    /// <summary>Why this user cannot have files of this kind of file system here, and what helps; null where nothing is in the way.</summary>
    private static (string Why, string Remedy)? WhyNot(string fileSystem, ImageFolderRequest request)
    {
        if (Environment.IsPrivilegedProcess) return null;
        var (program, package) = MountCalls.AsUser("", fileSystem, "") is var (call, from) ? (call.Program, from)
            : UnmountedType(fileSystem, request) is not null ? (SevenZipFiles.Program, SevenZipFiles.Package)
            : (null, null);
        if (program is null) return ($"{fileSystem} is mounted for that, which needs root", "run it with sudo");
        return request.Tools.Has(program) ? null : ($"without root, {fileSystem} is read by {program}, which is not on this system", $"install it (apt install {package}), or run this with sudo");
    }

    /// <summary>What 7-Zip calls a file system that it is to read; null for one that is mounted.</summary>
    private static string? UnmountedType(string fileSystem, ImageFolderRequest request) =>
        Environment.IsPrivilegedProcess || request.Unmounted is null ? null : SevenZipFiles.TypeOf(fileSystem);

    /// <summary>Below a folder that others cannot enter: the mount's own root may be open to everybody.</summary>
    private string OwnPoint()
    {
        _own = Directory.CreateTempSubdirectory(Prefix);
        return Directory.CreateDirectory(PointIn(_own)).FullName;
    }

    private static string PointIn(DirectoryInfo folder) => Path.Combine(folder.FullName, "files");

    private void Open(string fileSystem, ImageFolderRequest request)
    {
        var disk = new BlockSourceSlice(_image, new Extent(Volume.Offset, Volume.Length), $"{_image.Name} partition {Volume.Number}");
        if (request.Progress is { } progress) _meter = new MeteredSource(disk, progress);
        var volume = (IBlockSource?)_meter ?? disk;
        if (UnmountedType(fileSystem, request) is { } type)
        {
            _served = new ServedVolume(volume, isWritable: false, request.Tools, request.Report);
            _files = new SevenZipFiles(_served.Path, type, request.Unmounted!);
            return;
        }
        _mounted = MountedImage.Mount(volume, fileSystem, request.Point ?? OwnPoint(), request.Tools, request.Report);
        _files = new MountedFiles(_mounted.Point, request.Tools);
    }
}
