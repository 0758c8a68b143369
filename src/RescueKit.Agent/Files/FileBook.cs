using System.Text;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>The images that a host has open for looking at their files. Each call reads on a thread of its own: the files are served by this very process.</summary>
internal sealed class FileBook(IToolRunner tools, Action<string> log)
{
    /// <summary>Each has memory for the image's index and chunks, and a mount.</summary>
    private const int Most = 8;

    /// <summary>A dying disk below the image may take long.</summary>
    private static readonly TimeSpan s_listLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_searchLimit = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Opened> _open = [];
    private int _last;
    private int _opening;

    /// <param name="partition">Null for the only one that has files.</param>
    /// <exception cref="RescueKitException">As for <see cref="ImageFolder.Open"/>; or too many are open.</exception>
    public OpenedFiles Open(string image, int? partition, string? passphrase)
    {
        lock (_lock)
        {
            if (_open.Count + _opening >= Most) throw new SafetyException($"{Most} images are being looked into already", "leave the screen of one of them");
            _opening++;
        }
        try
        {
            var folder = ImageFolder.Open(new ImageFolderRequest(image, partition, () => Encoding.UTF8.GetBytes(passphrase ?? "")) { Tools = tools, Report = log });
            lock (_lock)
            {
                var id = $"files{++_last}";
                _open.Add(id, new Opened(folder));
                return new OpenedFiles(id, image, folder.Volume.Number, folder.Volume.FileSystem, folder.Volume.Label);
            }
        }
        finally
        {
            lock (_lock) _opening--;
        }
    }

    public FilePage List(string id, string folder, string? behind)
    {
        var browser = new FileBrowser(Get(id).Folder.Root, tools);
        return Patience.Run($"the folder {folder} of the image", s_listLimit, () => browser.List(folder, behind));
    }

    /// <summary>Ends a search that is under way in the same one.</summary>
    public FilePage Find(string id, string folder, string text)
    {
        if (text.Length == 0) throw new UsageException("there is nothing to search for");
        var opened = Get(id);
        var browser = new FileBrowser(opened.Folder.Root, tools);
        var stop = opened.BeginSearch();
        return Patience.Run("the search in the image", s_searchLimit, () => browser.Find(folder, text, stop));
    }

    public void StopFinding(string id) => Get(id).EndSearch();

    /// <summary>Nothing where it is not open.</summary>
    public void Close(string id)
    {
        Opened? opened;
        lock (_lock) _open.Remove(id, out opened);
        opened?.Dispose();
    }

    public void CloseAll()
    {
        List<string> all;
        lock (_lock) all = [.. _open.Keys];
        foreach (var id in all) Close(id);
    }

    private Opened Get(string id)
    {
        lock (_lock) return _open.GetValueOrDefault(id) ?? throw new UsageException($"{id} is not open", "open the image again");
    }

    private sealed class Opened(ImageFolder folder) : IDisposable
    {
        private readonly Lock _lock = new();
        private CancellationTokenSource _search = new();

        public ImageFolder Folder { get; } = folder;

        public CancellationToken BeginSearch()
        {
            lock (_lock)
            {
                _search.Cancel();
                _search.Dispose();
                _search = new CancellationTokenSource();
                return _search.Token;
            }
        }

        public void EndSearch()
        {
            lock (_lock) _search.Cancel();
        }

        public void Dispose()
        {
            EndSearch();
            Folder.Dispose();
            _search.Dispose();
        }
    }
}
