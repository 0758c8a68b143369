using System.Text;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Terminal;

/// <summary>
/// Bytes to keys. Sequences may come in any pieces. Forms: ECMA-48 CSI and SS3 as xterm (ctlseqs), VT220 and the Linux console
/// (console_codes(4)) send them; "\e[200~" … "\e[201~" around what is pasted (xterm's bracketed paste).
/// </summary>
internal sealed class KeyDecoder
{
    private const byte Esc = 0x1b;
    private const int LongestSequence = 32;
    private const int LongestPaste = 64 * 1024;

    private enum State { Ground, Escape, Csi, LinuxFunction, Ss3, Utf8 }

    private readonly StringBuilder _sequence = new();
    private readonly List<byte> _bytes = [];
    private List<byte>? _paste;
    private State _state;
    private int _wanted;

    /// <summary>True while only more bytes, or a pause, tell what was meant.</summary>
    public bool IsPending => _state != State.Ground;

    public IReadOnlyList<Input> Feed(ReadOnlySpan<byte> bytes)
    {
        var inputs = new List<Input>();
        foreach (var value in bytes)
        {
            if (_paste is not null) Paste(value, inputs);
            else Step(value, inputs);
        }
        return inputs;
    }

    /// <summary>A pause has passed: a lone Esc is the key. Anything else that was begun will not be finished.</summary>
    public IReadOnlyList<Input> Pause()
    {
        var state = _state;
        Reset();
        return state == State.Escape ? [new KeyInput(new Key(KeyCode.Escape))] : [];
    }

    private void Step(byte value, List<Input> inputs)
    {
        switch (_state)
        {
            case State.Escape when value == (byte)'[':
                _state = State.Csi;
                return;
            case State.Escape when value == (byte)'O':
                _state = State.Ss3;
                return;
            case State.Escape:
                // Two keys that came at once: Esc, and this one.
                Reset();
                inputs.Add(new KeyInput(new Key(KeyCode.Escape)));
                Step(value, inputs);
                return;
            case State.Csi when value == (byte)'[' && _sequence.Length == 0:
                _state = State.LinuxFunction;
                return;
            case State.Csi or State.Ss3 or State.LinuxFunction when value == Esc:
                Reset();
                _state = State.Escape;
                return;
            case State.LinuxFunction:
                Reset();
                if (value is >= (byte)'A' and <= (byte)'E') Add(inputs, KeyCode.F1 + (value - 'A'));
                return;
            case State.Ss3:
                Reset();
                if (Final((char)value) is { } code) Add(inputs, code);
                return;
            case State.Csi when value is >= 0x40 and <= 0x7e:
                var parameters = _sequence.ToString();
                Reset();
                Csi(parameters, (char)value, inputs);
                return;
            case State.Csi:
                if (_sequence.Length < LongestSequence) _sequence.Append((char)value);
                return;
            case State.Utf8 when (value & 0xc0) == 0x80:
                _bytes.Add(value);
                if (_bytes.Count < _wanted) return;
                var whole = _bytes.ToArray();
                Reset();
                if (Rune.DecodeFromUtf8(whole, out var rune, out _) == System.Buffers.OperationStatus.Done) Character(rune, inputs);
                return;
            case State.Utf8:
                Reset();
                Step(value, inputs);
                return;
            default:
                Ground(value, inputs);
                return;
        }
    }

    private void Ground(byte value, List<Input> inputs)
    {
        switch (value)
        {
            case Esc:
                _state = State.Escape;
                return;
            case (byte)'\r' or (byte)'\n':
                Add(inputs, KeyCode.Enter);
                return;
            case (byte)'\t':
                Add(inputs, KeyCode.Tab);
                return;
            case 0x7f or 0x08:
                Add(inputs, KeyCode.Backspace);
                return;
            case 0x03:
                Add(inputs, KeyCode.Interrupt);
                return;
            case 0x0c:
                Add(inputs, KeyCode.Redraw);
                return;
            case 0x15:
                Add(inputs, KeyCode.EraseLine);
                return;
            case 0x01:
                Add(inputs, KeyCode.Home);
                return;
            case 0x05:
                Add(inputs, KeyCode.End);
                return;
            case < 0x20:
                return;
            case < 0x80:
                Character(new Rune(value), inputs);
                return;
        }
        _wanted = value switch { >= 0xc2 and < 0xe0 => 2, >= 0xe0 and < 0xf0 => 3, >= 0xf0 and < 0xf5 => 4, _ => 0 };
        if (_wanted == 0) return;
        _state = State.Utf8;
        _bytes.Add(value);
    }

    private void Csi(string parameters, char final, List<Input> inputs)
    {
        if (final == 'R' && Numbers(parameters) is [var row and > 1, var column])
        {
            inputs.Add(new SizeInput(column, row));
            return;
        }
        if (final != '~')
        {
            if (final == 'Z') Add(inputs, KeyCode.BackTab);
            else if (Final(final) is { } letter) Add(inputs, letter);
            return;
        }
        if (Numbers(parameters) is not [var number, ..]) return;
        if (number == 200) _paste = [];
        else if (Numbered(number) is { } code) Add(inputs, code);
    }

    private void Paste(byte value, List<Input> inputs)
    {
        if (_paste!.Count < LongestPaste) _paste.Add(value);
        else _paste[^1] = value;
        var end = "\e[201~"u8;
        if (value != end[^1] || _paste.Count < end.Length || !System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_paste)[^end.Length..].SequenceEqual(end)) return;
        var text = Encoding.UTF8.GetString([.. _paste.Take(_paste.Count - end.Length)]);
        _paste = null;
        inputs.Add(new PasteInput(text));
    }

    private static KeyCode? Final(char final) => final switch
    {
        'A' => KeyCode.Up,
        'B' => KeyCode.Down,
        'C' => KeyCode.Right,
        'D' => KeyCode.Left,
        'H' => KeyCode.Home,
        'F' => KeyCode.End,
        'M' => KeyCode.Enter,
        'P' => KeyCode.F1,
        'Q' => KeyCode.F2,
        'R' => KeyCode.F3,
        'S' => KeyCode.F4,
        _ => null,
    };

    private static KeyCode? Numbered(int number) => number switch
    {
        1 or 7 => KeyCode.Home,
        2 => KeyCode.Insert,
        3 => KeyCode.Delete,
        4 or 8 => KeyCode.End,
        5 => KeyCode.PageUp,
        6 => KeyCode.PageDown,
        >= 11 and <= 15 => KeyCode.F1 + (number - 11),
        >= 17 and <= 21 => KeyCode.F6 + (number - 17),
        _ => null,
    };

    private static List<int>? Numbers(string parameters)
    {
        var numbers = new List<int>();
        foreach (var part in parameters.Split(';'))
        {
            if (!int.TryParse(part, out var number)) return null;
            numbers.Add(number);
        }
        return numbers;
    }

    private static void Character(Rune rune, List<Input> inputs)
    {
        if (Clean.IsSafe(rune)) inputs.Add(new KeyInput(new Key(KeyCode.Character, rune)));
    }

    private static void Add(List<Input> inputs, KeyCode code) => inputs.Add(new KeyInput(new Key(code)));

    private void Reset()
    {
        _state = State.Ground;
        _sequence.Clear();
        _bytes.Clear();
    }
}
