using RescueKit.Agent.Protocol;

namespace RescueKit.Agent.Containers;

/// <summary>LUKS encryptions, each on one device.</summary>
internal static class LuksFinder
{
    public const string MemberType = "crypto_LUKS";

    public static IEnumerable<FoundContainer> Find(Layers layers)
    {
        var members = layers.Holding(MemberType).ToList();
        foreach (var member in members)
        {
            var content = layers.On(member.Path)!;
            var open = member.Above.Where(above => above.Type == "crypt").ToList();
            yield return new FoundContainer(new Container
            {
                Id = IdOf(member, content, members.Count(other => layers.On(other.Path)!.Uuid == content.Uuid) > 1),
                Kind = ContainerKind.Luks,
                Name = content.Label is { Length: > 0 } label ? label : Path.GetFileName(member.Path),
                Members = [member.Path],
                IsOpen = open.Count > 0,
                Volumes = [.. open.Select(layer => FoundContainer.Volume(layers, layer, Path.GetFileName(layer.Path)))],
            }, open);
        }
    }

    /// <summary>A disk and its clone have the same UUID.</summary>
    private static string IdOf(Layer member, Content content, bool isTwice) =>
        content.Uuid is not { } uuid ? member.Path : isTwice ? $"{uuid}@{Path.GetFileName(member.Path)}" : uuid;
}
