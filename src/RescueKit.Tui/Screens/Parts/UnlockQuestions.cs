using RescueKit.Engine.Inspection;

namespace RescueKit.Tui.Screens.Parts;

/// <summary>Which LUKS partitions of a source are opened, so that only what is used in them is taken.</summary>
internal static class UnlockQuestions
{
    private const string Open = "unlock-", Secret = "unlock-secret-";

    /// <summary>None where nothing of the disk is LUKS.</summary>
    public static IEnumerable<Field> Of(DiskDocument? disk) => (disk?.Partitions ?? []).Where(p => p.FileSystem is "LUKS1" or "LUKS2").SelectMany(p => (Field[])
    [
        Field.Choice($"{Open}{p.Number}", $"{p.Number} {p.FileSystem}", ["is taken whole", "is opened, to take only what is used in it"], "It stays enciphered, as it is."),
        Field.Typed($"{Secret}{p.Number}", $"Passphrase of {p.Number}", masked: true, needs: form => form.Choice($"{Open}{p.Number}") == 1,
            note: "What opens with a key file is taken so by the command line: --unlock N:FILE."),
    ]);

    public static bool IsOne(Field field) => field.Id.StartsWith(Open, StringComparison.Ordinal);

    /// <summary>Passphrases by the numbers of the partitions that are to be opened.</summary>
    public static IReadOnlyDictionary<int, string> Answers(Form form) =>
        form.Shown.Where(f => f.Id.StartsWith(Secret, StringComparison.Ordinal)).ToDictionary(f => int.Parse(f.Id[Secret.Length..]), f => f.Text!.Text);

    /// <summary>What is wrong with the answers; null where nothing is.</summary>
    public static string? Complaint(IReadOnlyDictionary<int, string> answers) =>
        answers.Where(answer => answer.Value.Length == 0).Select(answer => $"Partition {answer.Key} opens with a passphrase.").FirstOrDefault();
}
