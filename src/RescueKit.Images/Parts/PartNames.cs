using System.Globalization;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Parts;

/// <summary>Parts of image X are called X, X.002, X.003, … X.9999.</summary>
internal static class PartNames
{
    public static string Of(string image, int part) => part == 1 ? image : string.Create(CultureInfo.InvariantCulture, $"{image}.{part:000}");

    /// <summary>Null where the name is none that <see cref="Of"/> gives.</summary>
    public static int? NumberOf(string image, string name)
    {
        if (name == image) return 1;
        if (name.Length < image.Length + 4 || !name.StartsWith(image, StringComparison.Ordinal)) return null;
        return int.TryParse(name.AsSpan(image.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var part)
            && part is >= 2 and <= FormatLimits.MaxParts && Of(image, part) == name ? part : null;
    }

    /// <summary>What a store holds under the names of an image's parts, whatever it is, in the order of the numbers.</summary>
    public static IReadOnlyList<(int Number, string Name)> Present(IImageStore store, string image) =>
    [
        .. store.List(image).Select(name => (Number: NumberOf(image, name), Name: name)).Where(file => file.Number is not null)
            .Select(file => (file.Number!.Value, file.Name)).OrderBy(file => file.Value),
    ];
}
