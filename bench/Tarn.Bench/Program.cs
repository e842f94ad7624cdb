using Tarn.Bench;

// A process of its own for what is measured from its start.
if (args is ["--snapshot-of", var folder])
{
    await TableSnapshots.MeasureAsync(folder);
    return 0;
}

if (args is [SocketLoop.Argument, var file, var rows])
{
    SocketLoop.Serve(file, int.Parse(rows, System.Globalization.CultureInfo.InvariantCulture));
    return 0;
}

return await BenchRunner.RunAsync(args, Console.Out, Console.Error);
