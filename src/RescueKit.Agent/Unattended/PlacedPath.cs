using System.Text.RegularExpressions;
using RescueKit.Agent.Protocol;
using RescueKit.Model;

namespace RescueKit.Agent.Unattended;

/// <summary>
/// A file on a place that is not attached yet: LABEL=X:/path, UUID=X:/path, or a share's address with user:password@ before the server and :port
/// after it where they are needed, as nfs://server/export/path, smb://server/share/path and ssh://server/folder/path. Mount options may follow a '?'.
/// </summary>
/// <param name="Path">Within the place, without '/' in front.</param>
internal abstract partial record PlacedPath(string Path)
{
    /// <returns>Null for a word that is none: an ordinary path, or an option.</returns>
    /// <exception cref="UsageException">It begins like one and is none.</exception>
    public static PlacedPath? Parse(string word)
    {
        if (Partition().Match(word) is { Success: true } local)
            return new OnPartition(local.Groups["how"].Value == "LABEL", local.Groups["value"].Value, local.Groups["path"].Value);
        return Scheme().Match(word).Value switch
        {
            "nfs://" => Nfs(word),
            "smb://" => Smb(word),
            "ssh://" => Ssh(word),
            _ => null,
        };
    }

    private static OnShare Nfs(string word)
    {
        var uri = UriOf(word);
        var (folder, file) = Split(uri);
        if (folder == "/" || file.Length == 0) throw new UsageException($"{Shown(uri)} names no exported folder and file", "give it as nfs://server/export/image.rki");
        return new OnShare(Request(PlaceKind.Nfs, $"{uri.Host}:{folder}", uri), file);
    }

    private static OnShare Smb(string word)
    {
        var uri = UriOf(word);
        if (Uri.UnescapeDataString(uri.AbsolutePath).TrimStart('/').Split('/', 2) is not [{ Length: > 0 } share, { Length: > 0 } path])
            throw new UsageException($"{Shown(uri)} names no share and file", "give it as smb://user:password@server/share/image.rki");
        return new OnShare(Request(PlaceKind.Smb, $"//{uri.Host}/{share}", uri), path);
    }

    private static OnShare Ssh(string word)
    {
        var uri = UriOf(word);
        var (folder, file) = Split(uri);
        if (file.Length == 0) throw new UsageException($"{Shown(uri)} names no file", "give it as ssh://user:password@server/folder/image.rki");
        return new OnShare(Request(PlaceKind.Ssh, $"{uri.Host}:{folder}", uri), file);
    }

    private static PlaceRequest Request(PlaceKind kind, string address, Uri uri)
    {
        var login = uri.UserInfo.Split(':', 2);
        string?[] options = [uri.Port > 0 ? $"port={uri.Port}" : null, Uri.UnescapeDataString(uri.Query.TrimStart('?'))];
        return new PlaceRequest
        {
            Kind = kind,
            Address = address,
            User = uri.UserInfo.Length > 0 ? Uri.UnescapeDataString(login[0]) : null,
            Password = login.Length > 1 ? Uri.UnescapeDataString(login[1]) : null,
            Options = string.Join(',', options.Where(option => !string.IsNullOrEmpty(option))) is { Length: > 0 } given ? given : null,
        };
    }

    private static (string Folder, string File) Split(Uri uri)
    {
        var path = Uri.UnescapeDataString(uri.AbsolutePath);
        return (System.IO.Path.GetDirectoryName(path) ?? "/", System.IO.Path.GetFileName(path));
    }

    /// <summary>What is printed of it holds no password.</summary>
    private static string Shown(Uri uri) => $"{uri.Scheme}://{uri.Authority}{uri.AbsolutePath}";

    private static Uri UriOf(string word) => Uri.TryCreate(word, UriKind.Absolute, out var uri) && uri.Host.Length > 0
        ? uri
        : throw new UsageException($"{Scheme().Match(word).Value}… is no address of a share: a server and a path belong to it", "signs like @ and # within a password are written as %40 and %23");

    [GeneratedRegex("^[a-z]+://")]
    private static partial Regex Scheme();

    [GeneratedRegex("^(?<how>LABEL|UUID)=(?<value>[^:]+):/(?<path>.+)$")]
    private static partial Regex Partition();
}

internal sealed record OnPartition(bool IsLabel, string Value, string Path) : PlacedPath(Path)
{
    public override string ToString() => $"{(IsLabel ? "LABEL" : "UUID")}={Value}";
}

internal sealed record OnShare(PlaceRequest Request, string Path) : PlacedPath(Path);
