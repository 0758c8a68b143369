using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens;

/// <summary>A screen as plain state: what it shows follows from it and the world, and a message makes a new one.</summary>
internal abstract record Screen
{
    /// <summary>Sentences for F1.</summary>
    public abstract IReadOnlyList<string> Help { get; }

    /// <summary>True while letters are text, not commands.</summary>
    public virtual bool TakesText => false;

    /// <summary>What has to be asked when it comes up.</summary>
    public virtual IReadOnlyList<Effect> Opening => [];

    /// <summary>What has to be let go when it goes.</summary>
    public virtual IReadOnlyList<Effect> Closing => [];

    /// <summary>A name under which its answers are kept when it is left; null where there are none.</summary>
    public virtual string? Draft => null;

    /// <summary>True where it was opened with an answer already given: kept ones would be in its way.</summary>
    public bool Preset { get; init; }

    /// <summary>What is kept: no secrets.</summary>
    public virtual Screen Kept => this;

    public abstract Content View(World world);

    /// <summary>Null where the message is not for this screen.</summary>
    public abstract Step? Update(Message message, World world);
}

/// <summary>What becomes of the stack of screens, and what has to be done.</summary>
/// <param name="Self">The screen's new state; null where it closes.</param>
/// <param name="Next">Opened above it.</param>
/// <param name="Tell">Told to the screen below after closing.</param>
/// <param name="FromHome">All screens above Home are closed first.</param>
internal sealed record Step(Screen? Self, Screen? Next = null, Message? Tell = null, bool FromHome = false)
{
    public IReadOnlyList<Effect> Effects { get; init; } = [];

    public static Step Stay(Screen self, params Effect[] effects) => new(self) { Effects = effects };
    public static Step Open(Screen self, Screen next) => new(self, next);
    public static Step Close(params Effect[] effects) => new(Self: null) { Effects = effects };
    public static Step Home(Screen? next = null) => new(Self: null, next, FromHome: true);
}
