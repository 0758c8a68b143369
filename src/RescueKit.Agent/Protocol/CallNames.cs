namespace RescueKit.Agent.Protocol;

/// <summary>Names of the calls (PROTOCOL.md).</summary>
internal static class CallNames
{
    /// <summary>Changes when a client of the older kind would misunderstand the host.</summary>
    public const int ProtocolVersion = 1;

    public const string Hello = "hello";
    public const string GetMachine = "get_machine";
    public const string GetChanges = "get_changes";
    public const string GetDisks = "get_disks";
    public const string GetPlaces = "get_places";
    public const string Attach = "attach";
    public const string Detach = "detach";
    public const string GetContainers = "get_containers";
    public const string OpenContainer = "open_container";
    public const string CloseContainer = "close_container";
    public const string Browse = "browse";
    public const string FindImages = "find_images";
    public const string GetImage = "get_image";
    public const string OpenFiles = "open_files";
    public const string ListFiles = "list_files";
    public const string FindFiles = "find_files";
    public const string StopFinding = "stop_finding";
    public const string CloseFiles = "close_files";
    public const string Prepare = "prepare";
    public const string Start = "start";
    public const string Cancel = "cancel";
    public const string GetRuns = "get_runs";
    public const string GetLog = "get_log";
    public const string CheckBoot = "check_boot";
    public const string MakeBootable = "make_bootable";
    public const string GetKeyboards = "get_keyboards";
    public const string SetKeyboard = "set_keyboard";
    public const string GetNetwork = "get_network";
    public const string ConfigureNetwork = "configure_network";
    public const string Power = "power";
    public const string GetJobs = "get_jobs";
    public const string StartJob = "start_job";
}
