using RescueKit.Agent.Protocol;
using RescueKit.Engine.Inspection;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens;

/// <summary>Something that happened, told to the screens one after the other.</summary>
internal abstract record Message;

internal sealed record KeyPressed(Key Key) : Message;

/// <summary>Text that came at once; its line breaks are no Enter.</summary>
internal sealed record Pasted(string Text) : Message;

/// <summary>A moment has passed.</summary>
internal sealed record Tick(DateTimeOffset Now) : Message;

/// <summary>News from the host.</summary>
internal sealed record Learned(Func<World, World> Apply) : Message;

/// <summary>An effect has come back.</summary>
internal sealed record Returned(HostCall Call, Message Result) : Message;

/// <summary>An effect has failed.</summary>
internal sealed record Failed(HostCall Call, Problem Problem) : Message;

/// <summary>The top screen could not be drawn.</summary>
internal sealed record ScreenBroke(Problem Problem) : Message;

/// <param name="Request">The very object that was asked for: an answer to a question that nobody waits for any more is let go.</param>
internal sealed record Prepared(RunRequest Request, RunState Run) : Message;

internal sealed record Started(int Run) : Message;
internal sealed record ImageOpened(string Path, string? Passphrase, ImageDocument Image) : Message;
internal sealed record Browsed(string PlaceId, string Folder, IReadOnlyList<PlaceEntry> Entries) : Message;
internal sealed record FilesOpened(OpenedFiles Files) : Message;

/// <param name="Folder">As it was asked for.</param>
internal sealed record FilesListed(string Files, string Folder, string? Behind, FilePage Page) : Message;

/// <param name="Text">The very string that was asked for: an answer that nobody waits for any more is let go.</param>
internal sealed record FilesFound(string Files, string Text, FilePage Page) : Message;

/// <summary>A search in files was ended, or they were closed.</summary>
internal sealed record FilesLeft(string Files) : Message;
internal sealed record Attached(Place Place) : Message;
internal sealed record Detached : Message;

/// <summary>A container was opened or closed.</summary>
internal sealed record ContainerTurned(string Id) : Message;
internal sealed record BootChecked(int Run, BootCheck Check) : Message;
internal sealed record Configured(string What) : Message;

/// <summary>A file, or a folder where one was wanted, was picked while browsing.</summary>
internal sealed record Picked(string Path) : Message;
