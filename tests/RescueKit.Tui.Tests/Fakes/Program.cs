namespace RescueKit.Tui.Tests.Fakes;

/// <summary>The UI on a real terminal, with a host in memory.</summary>
internal static class Program
{
    public static int Main() => TextUi.Run(new FakeRunHost(), TextUiOptions.Detect(Environment.GetEnvironmentVariable), CancellationToken.None);
}
