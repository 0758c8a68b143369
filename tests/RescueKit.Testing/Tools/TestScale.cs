namespace RescueKit.Testing.Tools;

/// <summary>
/// How much more than the default volume the random tests do: RESCUEKIT_TEST_SCALE, an integer of at least 1. From 2 on it is the wide run, with all variants of
/// what the core tier has once, and with the tests that have the trait <see cref="Wide"/>, which scripts/test leaves out at 1.
/// </summary>
public static class TestScale
{
    public const string Tier = "Tier", Wide = "wide";

    public static bool IsWide => Factor > 1;

    public static int Factor { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("RESCUEKIT_TEST_SCALE"), out var factor) && factor > 1 ? factor : 1;

    public static int Of(int cases) => checked(cases * Factor);

    /// <summary>Of cases that are many by default already: no more than twice as many.</summary>
    public static int OfMany(int cases) => IsWide ? 2 * cases : cases;
}
