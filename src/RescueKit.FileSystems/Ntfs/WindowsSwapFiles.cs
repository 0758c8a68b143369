using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>pagefile.sys, swapfile.sys and hiberfil.sys in the root directory: whether a system lies suspended, and what may be left out.</summary>
internal sealed class WindowsSwapFiles
{
    private const string Hibernation = "hiberfil.sys";
    private const int HibernationHeader = 4096;
    private static readonly string[] Names = ["pagefile.sys", "swapfile.sys", Hibernation];

    private readonly List<(string Name, NtfsStream Data)> _files = [];
    private readonly int _clusterSize;

    /// <exception cref="MalformedException">The root directory or one of the files is damaged.</exception>
    public WindowsSwapFiles(MasterFileTable mft)
    {
        _clusterSize = mft.Boot.ClusterSize;
        foreach (var (name, reference) in RootDirectory.Find(mft, Names))
        {
            var (number, sequence) = MasterFileTable.Split(reference);
            var file = mft.Open(number);
            if (file.Base.Sequence != sequence || number < SystemRecord.FirstUser)
                throw new MalformedException($"the root directory's entry for {name} is out of date");
            if (!file.Base.IsDirectory) _files.Add((name, file.OpenData()));
        }
    }

    /// <summary>Why a suspended system has to be assumed, or null where there is none.</summary>
    /// <exception cref="BlockReadException">The header cannot be read.</exception>
    public string? HibernatedReason()
    {
        foreach (var (name, data) in _files)
        {
            if (name == Hibernation && HeaderReason(data) is { } reason) return reason;
        }
        return null;
    }

    /// <summary>The clusters of all the files' contents but the start of hiberfil.sys, which <see cref="HibernationHeaders"/> covers.</summary>
    /// <param name="warnings">Gets a line for each file that cannot be left out.</param>
    public ExtentSet Contents(List<string> warnings)
    {
        var contents = ExtentSet.Empty;
        foreach (var (name, data) in _files)
        {
            if (!data.IsPlain) warnings.Add($"{name} is compressed, sparse or encrypted and was not left out.");
            else contents = contents.Union(data.Extents(firstVcn: name == Hibernation ? HeaderClusters : 0));
        }
        return contents;
    }

    /// <summary>The clusters that hold the header of each hiberfil.sys that <see cref="Contents"/> covers.</summary>
    public ExtentSet HibernationHeaders => _files
        .Where(file => file.Name == Hibernation && file.Data.IsPlain)
        .Aggregate(ExtentSet.Empty, (headers, file) => headers.Union(file.Data.Extents(endVcn: HeaderClusters)));

    private long HeaderClusters => (HibernationHeader + _clusterSize - 1) / _clusterSize;

    // After a resume Windows writes zeros or "wake" over the signature; a file that was never used reads as zeros. Volumes
    // other than the system's get a file shorter than the header, which marks them as part of a suspended system.
    private static string? HeaderReason(NtfsStream data)
    {
        if (data.DataSize < HibernationHeader) return "it belongs to a hibernated Windows";
        Span<byte> signature = stackalloc byte[4];
        try
        {
            data.Read(0, signature);
        }
        catch (MalformedException e)
        {
            return $"a hibernated Windows cannot be ruled out: {e.Message}";
        }
        if (!signature.ContainsAnyExcept((byte)0) || signature.SequenceEqual("wake"u8) || signature.SequenceEqual("WAKE"u8)) return null;
        return signature.SequenceEqual("hibr"u8) || signature.SequenceEqual("HIBR"u8)
            ? "Windows is hibernated on it (or was shut down by fast start-up)"
            : "a hibernated Windows cannot be ruled out: hiberfil.sys has an unknown header";
    }
}
