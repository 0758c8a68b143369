namespace RescueKit.Agent.Hosting;

/// <summary>What the rescue media leave behind for the host to see.</summary>
public static class MachineMarks
{
    /// <summary>Exists in the rescue environment only.</summary>
    public const string RescueEnvironment = "/etc/rescuekit-environment";

    /// <summary>On the kernel command line, followed by the GPT disk id of the stick that was booted from.</summary>
    public const string StickParameter = "rescuekit.stick=";

    /// <summary>On the kernel command line, followed by the layout chosen in the boot menu.</summary>
    public const string KeyboardParameter = "rescuekit.keyboard=";

    /// <summary>Label of the stick's partition for images.</summary>
    public const string DataLabel = "RESCUEKIT-DATA";
}
