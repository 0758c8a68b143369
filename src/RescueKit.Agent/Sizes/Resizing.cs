using RescueKit.Agent.Tools;

namespace RescueKit.Agent.Sizes;

/// <summary>Which file systems have tools that change their length, by the names that inspection gives them; whether the tools are on this system is another question.</summary>
public static class Resizing
{
    public static bool CanGrow(string? fileSystem) => Of(fileSystem) is not null;

    public static bool CanShrink(string? fileSystem) => Of(fileSystem) is { CanShrink: true };

    private static SizeTool? Of(string? fileSystem) => fileSystem is null ? null : SizeTool.Of(fileSystem, new ToolRunner());
}
