using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;

namespace RescueKit.Agent.Controls;

/// <summary>Restarts the machine or switches it off, by busybox: the rescue environment has no other init to ask.</summary>
internal sealed class Power(IToolRunner tools)
{
    /// <exception cref="Model.DeviceException">The kernel refuses.</exception>
    public void Do(PowerAction action)
    {
        tools.Run(new ToolCall("sync") { Limit = TimeSpan.FromMinutes(5) });
        tools.Must(action == PowerAction.Restart ? "restarting" : "switching off", new ToolCall("busybox", action == PowerAction.Restart ? "reboot" : "poweroff"));
    }
}
