using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>Paths as the system that an image was taken of sees them: what its links name lies in the image, too, never in the running system.</summary>
public static class RootedPath
{
    /// <summary>As the kernel's own limit (path_resolution(7)).</summary>
    private const int MostLinks = 40;

    /// <summary>Where a path of the image's system is below <paramref name="root"/>.</summary>
    /// <param name="follow">What a link at its end names, instead of the link.</param>
    /// <exception cref="UsageException">There is no such file, or links lead in circles.</exception>
    public static string Resolve(string root, string path, bool follow = false)
    {
        var pending = new Stack<string>(Names(path).Reverse());
        var done = new List<string>();
        for (var links = 0; pending.TryPop(out var name);)
        {
            if (name == "..")
            {
                if (done.Count > 0) done.RemoveAt(done.Count - 1);
                continue;
            }
            var at = Path.Combine([root, .. done, name]);
            var target = new FileInfo(at).LinkTarget;
            if (target is null || (pending.Count == 0 && !follow))
            {
                if (target is null && !Path.Exists(at)) throw new UsageException($"there is no {path} in the image");
                done.Add(name);
                continue;
            }
            if (++links > MostLinks) throw new UsageException($"{path} leads through too many links");
            if (target.StartsWith('/')) done.Clear();
            foreach (var part in Names(target).Reverse()) pending.Push(part);
        }
        return Path.Combine([root, .. done]);
    }

    private static IEnumerable<string> Names(string path) => path.Split('/').Where(name => name is not ("" or "."));
}
