using System.Globalization;

namespace RescueKit.Engine.Texts;

/// <summary>Numbers as people read them: GiB with one decimal, "1 h 23 m". Always the same, whatever the locale.</summary>
public static class Units
{
    private const double KiB = 1L << 10, MiB = 1L << 20, GiB = 1L << 30, TiB = 1L << 40;

    /// <summary>"465.8 GiB"; smaller units below one GiB.</summary>
    public static string Size(long bytes)
    {
        var (unit, name) = UnitFor(bytes);
        return unit == 1 ? $"{bytes} B" : $"{Number(bytes / unit)} {name}";
    }

    /// <summary>"184.2 of 301.8 GiB": both in the unit of the total.</summary>
    public static string DoneOf(long done, long total)
    {
        var (unit, name) = UnitFor(total);
        return unit == 1 ? $"{done} of {total} B" : $"{Number(done / unit)} of {Number(total / unit)} {name}";
    }

    /// <summary>"412 MiB/s".</summary>
    public static string Rate(double bytesPerSecond) => bytesPerSecond switch
    {
        >= 10 * GiB => Invariant($"{bytesPerSecond / GiB:F1} GiB/s"),
        >= 10 * MiB => Invariant($"{bytesPerSecond / MiB:F0} MiB/s"),
        >= MiB => Invariant($"{bytesPerSecond / MiB:F1} MiB/s"),
        _ => Invariant($"{Math.Max(0, bytesPerSecond) / KiB:F0} KiB/s"),
    };

    /// <summary>The two largest units: "2 d 3 h", "1 h 23 m", "7 m 41 s", "41 s".</summary>
    public static string Time(TimeSpan time)
    {
        if (time < TimeSpan.Zero) time = TimeSpan.Zero;
        if (time.TotalDays >= 1) return Invariant($"{(long)time.TotalDays} d {time.Hours} h");
        if (time.TotalHours >= 1) return Invariant($"{time.Hours} h {time.Minutes} m");
        return time.TotalMinutes >= 1 ? Invariant($"{time.Minutes} m {time.Seconds} s") : Invariant($"{time.Seconds} s");
    }

    /// <summary>Whole percent, rounded down, so that 100 means all of it.</summary>
    /// <summary>1 job, 2 jobs.</summary>
    public static string Count(int number, string one) => number == 1 ? $"1 {one}" : FormattableString.Invariant($"{number} {one}s");

    public static int Percent(long done, long total) => total <= 0 ? 0 : (int)Int128.Clamp((Int128)done * 100 / total, 0, 100);

    private static (double Unit, string Name) UnitFor(long bytes) => bytes switch
    {
        < 1 << 10 => (1, "B"),
        < 1 << 20 => (KiB, "KiB"),
        < 1L << 30 => (MiB, "MiB"),
        < 1L << 40 => (GiB, "GiB"),
        _ => (TiB, "TiB"),
    };

    private static string Number(double value) => value.ToString("F1", CultureInfo.InvariantCulture);
    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
