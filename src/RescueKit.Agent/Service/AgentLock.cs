using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using RescueKit.Agent.Interop;
using RescueKit.Model;

namespace RescueKit.Agent.Service;

/// <summary>Held by the one agent of a system for as long as it lives.</summary>
public sealed class AgentLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private AgentLock(SafeFileHandle file) => _file = file;

    /// <exception cref="DeviceException">Another agent has it, or the folder cannot be used.</exception>
    public static AgentLock Take(string folder)
    {
        var path = Path.Combine(folder, "agent.lock");
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException($"the agent's folder {folder} cannot be made: {e.Message}", "run the agent as root", e);
        }
        var file = LibC.OpenForLock(path) ?? throw new DeviceException($"the agent's lock {path} cannot be opened", "run the agent as root");
        if (LibC.TryLock(file))
        {
            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"), 0);
            return new AgentLock(file);
        }
        var holder = Holder(file);
        file.Dispose();
        throw new DeviceException($"another agent is running already{holder}: it holds {path}", "look at it: rescuekit agent status; stop it: systemctl stop rescuekit-agent");
    }

    public void Dispose()
    {
        LibC.Unlock(_file);
        _file.Dispose();
    }

    private static string Holder(SafeFileHandle file)
    {
        Span<byte> text = stackalloc byte[16];
        var process = Encoding.ASCII.GetString(text[..RandomAccess.Read(file, text, 0)]).Trim();
        return process.Length > 0 ? $", process {process}" : "";
    }
}
