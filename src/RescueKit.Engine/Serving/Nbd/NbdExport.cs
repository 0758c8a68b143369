using RescueKit.Model;

namespace RescueKit.Engine.Serving.Nbd;

/// <summary>A disk that is served. One that can be written to is an <see cref="IBlockTarget"/>.</summary>
/// <param name="Name">What clients call it; they get it, too, when they name nothing.</param>
/// <param name="Description">For a person who lists exports.</param>
public sealed record NbdExport(string Name, string Description, IBlockSource Disk)
{
    internal IBlockTarget? Target => Disk as IBlockTarget;

    /// <summary>Clients may have several connections: a flush on one of them counts for all, since they share one disk.</summary>
    internal ExportFlags Flags(bool isStructured) =>
        ExportFlags.HasFlags | ExportFlags.CanMultiConnect
        | (Target is null ? ExportFlags.ReadOnly : ExportFlags.SendFlush | ExportFlags.SendFua | ExportFlags.SendTrim | ExportFlags.SendWriteZeroes)
        | (isStructured ? ExportFlags.SendDontFragment : 0);

    internal bool HasName(ReadOnlySpan<byte> name) => name.IsEmpty || name.SequenceEqual(System.Text.Encoding.UTF8.GetBytes(Name));
}
