using System.Text.Json;
using RescueKit.Disks.Stores;
using RescueKit.Model;

namespace RescueKit.Agent.Service;

/// <summary>Keeps the agent's state: a file that is there whole or not at all.</summary>
internal sealed class StateFile(string folder, Action<string> complain)
{
    private readonly string _path = Path.Combine(folder, "state.json");

    /// <summary>One that cannot be read is put aside, and said to be: without it nothing is removed and nothing caught up.</summary>
    public AgentState Read()
    {
        try
        {
            if (!File.Exists(_path)) return new AgentState();
            return JsonSerializer.Deserialize(File.ReadAllBytes(_path), StateJson.Default.AgentState) ?? throw new JsonException("it is empty");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            complain($"{_path} cannot be read ({e.Message.ReplaceLineEndings(" ")}) and is put aside as state.json.bad: missed runs are not caught up, images made so far are kept for good");
            Aside();
            return new AgentState();
        }
    }

    /// <summary>A state that cannot be kept is complained of; the agent goes on with what it knows.</summary>
    public void Write(AgentState state)
    {
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using var file = WholeFile.Prepare(_path);
            file.Commit([.. JsonSerializer.SerializeToUtf8Bytes(state, StateJson.Default.AgentState), (byte)'\n']);
        }
        catch (Exception e) when (e is RescueKitException or IOException or UnauthorizedAccessException)
        {
            complain($"the agent's state cannot be kept: {e.Message}");
        }
    }

    private void Aside()
    {
        try
        {
            File.Move(_path, _path + ".bad", overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            complain($"{_path} cannot be put aside: {e.Message}");
        }
    }
}
