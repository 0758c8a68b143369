namespace RescueKit.Testing.Tools;

/// <summary>How much more than the default volume the random tests do: RESCUEKIT_TEST_SCALE, an integer of at least 1.</summary>
public static class TestScale
{
    public static int Factor { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("RESCUEKIT_TEST_SCALE"), out var factor) && factor > 1 ? factor : 1;

    public static int Of(int cases) => checked(cases * Factor);
}
