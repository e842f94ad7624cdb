using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Simulation;

/// <summary>
/// The writer that is killed: does the steps of a script from one on, prints <c>done N</c> when so many are done and <c>finished</c> at the end. Told to,
/// it ends itself as <c>kill -9</c> does at its n-th call of the store.
/// </summary>
internal static class LakeChild
{
    public const string Verb = "lake-child";

    /// <summary>The arguments of a child.</summary>
    public static string[] Arguments(string root, int seed, int? writer, int steps, int from, int killAtCall) =>
        [Verb, root, .. new[] { seed, writer ?? -1, steps, from, killAtCall }.Select(static n => n.ToString(CultureInfo.InvariantCulture))];

    public static async Task RunAsync(string[] arguments)
    {
        var numbers = arguments[1..].Select(static a => int.Parse(a, CultureInfo.InvariantCulture)).ToArray();
        var (seed, writer, steps, from, killAtCall) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
        var calls = 0;
        var store = new FaultyObjectStore(new LocalObjectStore(arguments[0], new LocalStoreOptions { Durable = false }), _ =>
        {
            if (Interlocked.Increment(ref calls) == killAtCall)
            {
                Process.GetCurrentProcess().Kill();
            }

            return Fault.None;
        });
        var script = new LakeScript(seed, steps, writer < 0 ? null : writer);
        var time = TimeProvider.System;
        await using var lake = new Tarn.Lake.Lake(store, LakeScript.Options, time, IdSource.Create(time), NullLoggerFactory.Instance);
        for (var step = from; step < steps; step++)
        {
            await script.RunAsync(lake, step, CancellationToken.None);
            Say(string.Create(CultureInfo.InvariantCulture, $"done {step + 1}"));
        }

        Say("finished");
    }

    private static void Say(string line)
    {
        System.Console.Out.WriteLine(line);
        System.Console.Out.Flush();
    }
}
