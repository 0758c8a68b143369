using RescueKit.Model;

namespace RescueKit.FileSystems.Recognition;

/// <summary>Something that is known by name and imaged whole.</summary>
/// <param name="Type">As users know it.</param>
/// <param name="Why">Ends the sentence "… : taken whole".</param>
internal sealed record Recognised(string Type, string Why)
{
    public string? Label { get; init; }
    public string? Uuid { get; init; }
    public bool IsSetMember { get; init; }
    public bool EndAnchored { get; init; }

    public VolumeContent ToContent() => new()
    {
        Type = Type,
        Label = Label,
        Uuid = Uuid,
        WholeReason = $"{Why}: taken whole",
        IsSetMember = IsSetMember,
        EndAnchored = EndAnchored,
    };
}
