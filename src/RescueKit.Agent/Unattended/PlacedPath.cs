using System.Text.RegularExpressions;
using RescueKit.Agent.Protocol;
using RescueKit.Model;

namespace RescueKit.Agent.Unattended;

/// <summary>A file on a place that is not attached yet: LABEL=X:/path, UUID=X:/path, nfs://server/export/path, smb://user:password@server/share/path.</summary>
/// <param name="Path">Within the place, without '/' in front.</param>
internal abstract partial record PlacedPath(string Path)
{
    /// <returns>Null for a word that is none: an ordinary path, or an option.</returns>
    /// <exception cref="UsageException">It begins like one and is none.</exception>
    public static PlacedPath? Parse(string word)
    {
        if (Partition().Match(word) is { Success: true } local)
            return new OnPartition(local.Groups["how"].Value == "LABEL", local.Groups["value"].Value, local.Groups["path"].Value);
        if (word.StartsWith("nfs://", StringComparison.Ordinal)) return Nfs(word);
        return word.StartsWith("smb://", StringComparison.Ordinal) ? Smb(word) : null;
    }

    private static OnShare Nfs(string word)
    {
        var uri = UriOf(word);
        var path = Uri.UnescapeDataString(uri.AbsolutePath);
        var folder = System.IO.Path.GetDirectoryName(path);
        if (folder is null or "/") throw new UsageException($"{word} names no exported folder", "give it as nfs://server/export/image.rki");
        return new OnShare(new PlaceRequest { Kind = PlaceKind.Nfs, Address = $"{uri.Host}:{folder}" }, System.IO.Path.GetFileName(path));
    }

    private static OnShare Smb(string word)
    {
        var uri = UriOf(word);
        if (Uri.UnescapeDataString(uri.AbsolutePath).TrimStart('/').Split('/', 2) is not [{ Length: > 0 } share, { Length: > 0 } path])
            throw new UsageException($"{word} names no share and file", "give it as smb://user:password@server/share/image.rki");
        var login = uri.UserInfo.Split(':', 2);
        return new OnShare(new PlaceRequest
        {
            Kind = PlaceKind.Smb,
            Address = $"//{uri.Host}/{share}",
            User = uri.UserInfo.Length > 0 ? Uri.UnescapeDataString(login[0]) : null,
            Password = login.Length > 1 ? Uri.UnescapeDataString(login[1]) : null,
        }, path);
    }

    private static Uri UriOf(string word) => Uri.TryCreate(word, UriKind.Absolute, out var uri) && uri.Host.Length > 0
        ? uri
        : throw new UsageException($"{word} is no address of a share");

    [GeneratedRegex("^(?<how>LABEL|UUID)=(?<value>[^:]+):/(?<path>.+)$")]
    private static partial Regex Partition();
}

internal sealed record OnPartition(bool IsLabel, string Value, string Path) : PlacedPath(Path)
{
    public override string ToString() => $"{(IsLabel ? "LABEL" : "UUID")}={Value}";
}

internal sealed record OnShare(PlaceRequest Request, string Path) : PlacedPath(Path);
