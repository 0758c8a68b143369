using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Tui.Screens;

namespace RescueKit.Tui.Runtime;

/// <summary>Calls to the host beside the loop; whatever they throw becomes a message.</summary>
internal static class HostCalls
{
    /// <param name="patience">
    /// How long the host may take for what it is asked over and over. Anything else may take as long as it takes: looking into a dying disk does.
    /// </param>
    public static void Begin(IRunHost host, HostCall call, Action<Message> tell, TimeSpan patience, CancellationToken end) => _ = Task.Run(async () =>
    {
        try
        {
            var limit = call.What is null ? patience : Timeout.InfiniteTimeSpan;
            tell(new Returned(call, await call.Run(host, end).WaitAsync(limit, end).ConfigureAwait(false)));
        }
        catch (TimeoutException)
        {
            tell(new Failed(call, new Problem("the host of the runs does not answer", "device", null, ExitCodes.Failed)));
        }
        catch (HostException e)
        {
            tell(new Failed(call, e.Problem));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The UI ends: nobody waits for the answer.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            tell(new Failed(call, Unexpected(e)));
        }
    }, CancellationToken.None);

    /// <summary>An error that nobody foresaw, still told without a stack trace.</summary>
    public static Problem Unexpected(Exception e) => new(e.Message, "internal", "try it again; if it happens again, the log may tell more", ExitCodes.Failed);
}
