using RescueKit.Cli.Errors;
using RescueKit.Cli.Tests.Fakes;
using RescueKit.Model;

namespace RescueKit.Cli.Tests.Errors;

/// <summary>DESIGN §5's exit codes, for every exception that can arrive.</summary>
public class ErrorInfoTests
{
    private static readonly Extent Where = new(4096, 512);

    private static readonly (Exception Exception, string Kind, int ExitCode)[] Table =
    [
        (new UsageException("m", "r"), "usage", 2),
        (new SafetyException("m", "r"), "safety", 4),
        (new DeviceException("m", "r"), "device", 1),
        (new BlockReadException("m", Where, "r"), "read", 1),
        (new BlockWriteException("m", Where, "r"), "write", 1),
        (new NoSpaceException("m", "r"), "no_space", 1),
        (new SnapshotException("m", "r"), "snapshot", 1),
        (new DeviceGoneException("m", "r"), "device_gone", 1),
        (new NotAnImageException("m", "r"), "not_an_image", 3),
        (new ImageIncompleteException("m", "r"), "image_incomplete", 3),
        (new ImageDamagedException("m", "r"), "image_damaged", 3),
        (new ImageUnsupportedException("m", "r"), "image_unsupported", 3),
        (new ImageMismatchException("m", "r"), "image_mismatch", 3),
        (new WrongPassphraseException("m", "r"), "wrong_passphrase", 3),
    ];

    public static TheoryData<int> Rows() => [.. Enumerable.Range(0, Table.Length)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_error_of_the_model_has_its_kind_and_exit_code(int row)
    {
        var (exception, kind, exitCode) = Table[row];
        var error = ErrorInfo.Of(exception);
        Assert.Equal(("m", "r", kind, exitCode), (error.Error, error.Remedy, error.Kind, error.ExitCode));
    }

    [Fact]
    public void The_table_misses_no_error_of_the_model()
    {
        var all = typeof(RescueKitException).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(RescueKitException)) && !t.IsAbstract);
        Assert.Empty(all.Except(Table.Select(row => row.Exception.GetType())));
    }

    [Fact]
    public void A_failed_range_says_where()
    {
        var error = ErrorInfo.Of(new BlockReadException("m", Where));
        Assert.Equal((4096, 512), (error.Offset, error.Length));
    }

    [Theory]
    [InlineData(typeof(OperationCanceledException), "cancelled", 130)]
    [InlineData(typeof(TaskCanceledException), "cancelled", 130)]
    [InlineData(typeof(IOException), "io", 1)]
    [InlineData(typeof(FileNotFoundException), "io", 1)]
    [InlineData(typeof(UnauthorizedAccessException), "io", 1)]
    [InlineData(typeof(DllNotFoundException), "library", 1)]
    [InlineData(typeof(OutOfMemoryException), "internal", 1)]
    [InlineData(typeof(InvalidOperationException), "internal", 1)]
    [InlineData(typeof(ArgumentException), "internal", 1)]
    [InlineData(typeof(NullReferenceException), "internal", 1)]
    [InlineData(typeof(OverflowException), "internal", 1)]
    public void Every_other_exception_ends_in_a_plain_line(Type type, string kind, int exitCode)
    {
        var error = ErrorInfo.Of((Exception)Activator.CreateInstance(type)!);
        Assert.Equal((kind, exitCode), (error.Kind, error.ExitCode));
        Assert.DoesNotContain('\n', error.Error);
        if (kind == "internal") Assert.StartsWith($"internal error: {type.Name}", error.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_worker_thread_threw_counts() =>
        Assert.Equal("no_space", ErrorInfo.Of(new AggregateException(new AggregateException(new NoSpaceException("m")))).Kind);

    [Fact]
    public void It_is_printed_with_its_remedy_on_standard_error_only()
    {
        var terminal = new FakeTerminal();
        Assert.Equal(4, ErrorReport.Print(terminal, new SafetyException("it is mounted", "unmount it"), json: false, "help"));
        Assert.Equal("error: it is mounted\n  try: unmount it\n", terminal.Errors.ToString());
        Assert.Empty(terminal.Output.ToString());
    }

    [Fact]
    public void A_usage_error_without_a_remedy_points_at_the_help()
    {
        var terminal = new FakeTerminal();
        Assert.Equal(2, ErrorReport.Print(terminal, new UsageException("no"), json: false, "rescuekit clone --help"));
        Assert.Contains("try: rescuekit clone --help", terminal.Errors.ToString(), StringComparison.Ordinal);
    }
}
