using RescueKit.Agent.Protocol;

namespace RescueKit.Agent.Containers;

/// <summary>A container as it was found.</summary>
/// <param name="Layers">What it gives, as far as it is open.</param>
internal sealed record FoundContainer(Container Container, IReadOnlyList<Layer> Layers)
{
    /// <summary>Volumes of a thin pool, whose driver knows no read-only tables.</summary>
    public IReadOnlyList<string> Thin { get; init; } = [];

    public static string Describe(Container container) => $"{Word(container.Kind)} {container.Name}";

    public static string Word(ContainerKind kind) => kind switch
    {
        ContainerKind.Raid => "RAID",
        ContainerKind.Lvm => "LVM",
        _ => "LUKS",
    };

    /// <summary>A type of blkid's as people call it.</summary>
    public static string? Word(Content? content) => content?.Type switch
    {
        RaidFinder.MemberType => "RAID",
        LvmFinder.MemberType => "LVM",
        LuksFinder.MemberType => "LUKS",
        var type => type,
    };

    public static ContainerVolume Volume(Layers layers, Layer layer, string name)
    {
        var content = layers.On(layer.Path);
        return new ContainerVolume(name, layer.Path, Word(content), content?.Label, layer.Length, layer.MountedAt, null);
    }
}
