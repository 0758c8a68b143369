using System.Text;
using RescueKit.Agent.Protocol;
using RescueKit.Tui.Rendering;
using RescueKit.Tui.Screens;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Tests.Fakes;

/// <summary>The model with a host behind it and no terminal: keys in, effects done at once, text out.</summary>
internal sealed class Driver
{
    public Driver(FakeRunHost host)
    {
        Host = host;
        Beat();
        Beat();
    }

    public FakeRunHost Host { get; }
    public UiModel Model { get; private set; } = new();
    public List<Effect> Outside { get; } = [];

    /// <summary>Effects are kept here instead of being done while this is set.</summary>
    public List<HostCall>? Held { get; set; }

    public string Screen => Frame(80, 24).ToString();

    public Frame Frame(int columns, int rows, bool ascii = false) => PagePainter.Paint(Model.View(), Model.Busy, Model.TakesText, columns, rows, ascii);

    public Driver Beat() => Tell(new Tick(Samples.Now));

    public Driver Press(params KeyCode[] keys)
    {
        foreach (var key in keys) Tell(new KeyPressed(new Key(key)));
        return this;
    }

    public Driver Type(string text)
    {
        foreach (var rune in text.EnumerateRunes()) Tell(new KeyPressed(new Key(KeyCode.Character, rune)));
        return this;
    }

    /// <summary>Goes to the entry of a list whose line has this text.</summary>
    public Driver Choose(string text)
    {
        for (var i = 0; i < 50 && !Selected.Contains(text, StringComparison.Ordinal); i++) Press(KeyCode.Down);
        if (!Selected.Contains(text, StringComparison.Ordinal)) Press(KeyCode.Home);
        for (var i = 0; i < 50 && !Selected.Contains(text, StringComparison.Ordinal); i++) Press(KeyCode.Down);
        Assert.Contains(text, Selected, StringComparison.Ordinal);
        return this;
    }

    public Driver Tell(Message message)
    {
        (Model, var effects) = Model.Update(message);
        foreach (var effect in effects)
        {
            if (effect is not HostCall call) Outside.Add(effect);
            else if (Held is { } held) held.Add(call);
            else Do(call);
        }
        return this;
    }

    public void Do(HostCall call)
    {
        Message result;
        try
        {
            result = new Returned(call, call.Run(Host, CancellationToken.None).GetAwaiter().GetResult());
        }
        catch (HostException e)
        {
            result = new Failed(call, e.Problem);
        }
        Tell(result);
    }

    public Driver Has(string text)
    {
        Assert.Contains(text, Screen, StringComparison.Ordinal);
        return this;
    }

    public Driver HasNot(string text)
    {
        Assert.DoesNotContain(text, Screen, StringComparison.Ordinal);
        return this;
    }

    private string Selected => Screen.Split('\n').FirstOrDefault(l => l.TrimStart().StartsWith('▸')) ?? "";
}
