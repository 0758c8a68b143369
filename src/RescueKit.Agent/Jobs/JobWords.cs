using System.Globalization;

namespace RescueKit.Agent.Jobs;

/// <summary>The command line that a job is.</summary>
internal static class JobWords
{
    /// <param name="image">The whole path of the image to be made.</param>
    public static IReadOnlyList<string> Of(JobConfig job, string image)
    {
        var options = job.Options;
        var words = new List<string> { "image", "create" };
        Flag("--hot", options.Hot);
        Value("--store", options.Store);
        Flag("--no-writers", !options.Writers);
        Value("--quiet-period", options.QuietPeriod);
        Value("--quiet-timeout", options.QuietTimeout);
        foreach (var partition in options.Partitions) Value("--partition", partition.ToString(CultureInfo.InvariantCulture));
        Value("--codec", options.Codec);
        Value("--level", options.Level?.ToString(CultureInfo.InvariantCulture));
        Value("--chunk-size", options.ChunkSize);
        Flag("--all-blocks", options.AllBlocks);
        Value("--split", options.Split);
        Flag("--encrypt", options.PassphraseFile is not null);
        Value("--passphrase-file", options.PassphraseFile);
        Value("--on-bad-sector", options.OnBadSector);
        Value("--bad-sector-time", options.BadSectorTime);
        Value("--unclean", options.Unclean);
        Flag("--exclude-windows-swap", options.ExcludeWindowsSwap);
        Value("--rate-limit", options.RateLimit);
        Flag("--verify", options.Verify);
        return [.. words, job.Source, image];

        void Flag(string word, bool isSet)
        {
            if (isSet) words.Add(word);
        }

        void Value(string word, string? value)
        {
            if (value is not null) words.AddRange([word, value]);
        }
    }

    /// <summary>As it would be typed, with what a shell would take apart in quotes.</summary>
    public static string Shown(IReadOnlyList<string> words) => string.Join(' ', words.Select(word =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:,=+@%".Contains(c, StringComparison.Ordinal)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
}
