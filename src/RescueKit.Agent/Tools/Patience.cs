using RescueKit.Model;

namespace RescueKit.Agent.Tools;

/// <summary>Work that a share that went away could hang for good: done on a thread of its own, which is left behind when it takes too long.</summary>
internal static class Patience
{
    /// <exception cref="DeviceException">It took too long.</exception>
    public static T Run<T>(string what, TimeSpan limit, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        { IsBackground = true, Name = what }.Start();
        try
        {
            return done.Task.WaitAsync(limit).GetAwaiter().GetResult();
        }
        catch (TimeoutException e)
        {
            throw new DeviceException($"{what} does not answer", "look at the cable or the server, then try again", e);
        }
    }
}
