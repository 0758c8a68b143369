using System.Globalization;
using RescueKit.Benchmarks;

// The parts of scripts/bench that no command line can measure from outside.
switch (args)
{
    case ["limit", var image]:
        MachineLimit.Measure(image, Console.Out);
        return 0;
    case ["distinct", var chunks, var image]:
        DistinctChunks.Write(long.Parse(chunks, CultureInfo.InvariantCulture), image);
        return 0;
    default:
        Console.Error.WriteLine("usage: RescueKit.Benchmarks limit IMAGE | distinct CHUNKS IMAGE");
        return 2;
}
