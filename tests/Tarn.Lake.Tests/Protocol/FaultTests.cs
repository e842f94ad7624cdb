using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests.Protocol;

/// <summary>
/// A script of writers, with a fault at every one of its calls of the store in turn, before and after the call's effect: one that passes, and one after which the
/// process is gone. The tables hold exactly what was acknowledged, and of the step in flight all or nothing; what is left over, VACUUM finds.
/// </summary>
public sealed class FaultTests
{
    private const int Seed = 20260422;

    /// <summary>TARN_FAULTS: every n-th call is tried, from another one in each of the cases; 1 is all of them, which takes two minutes. Default 6.</summary>
    private static int Stride => int.Parse(Environment.GetEnvironmentVariable("TARN_FAULTS") ?? "6", System.Globalization.CultureInfo.InvariantCulture);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Fault.Before, false)]
    [InlineData(Fault.After, false)]
    [InlineData(Fault.Before, true)]
    [InlineData(Fault.After, true)]
    public async Task A_fault_at_any_call_of_the_store_loses_nothing_and_does_nothing_twice(Fault fault, bool forGood)
    {
        var script = new LakeScript(Seed, 11);
        var calls = await RunAsync(script, Fault.None, int.MaxValue, forGood);
        var failed = 0;
        for (var at = ((int)fault + (forGood ? 2 : 0)) % Stride; at < calls; at += Stride)
        {
            failed += await RunAsync(script, fault, at, forGood) < 0 ? 1 : 0;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{calls} calls of the store, a step failed after {failed} of the faults, the others were got over");
        Assert.True(calls > 100, $"{calls} calls only: the script proves little.");
    }

    /// <returns>How many calls there were; negative where a step failed.</returns>
    private static async Task<int> RunAsync(LakeScript script, Fault fault, int at, bool forGood)
    {
        using var folder = new TemporaryDirectory(inMemory: true);
        var local = new LocalObjectStore(folder.Path, new LocalStoreOptions { Durable = false });
        var calls = 0;
        var store = new FaultyObjectStore(local, _ =>
        {
            var call = calls++;
            return call == at ? fault : call > at && forGood ? Fault.Before : Fault.None;
        });
        var lake = Open(store, 1);
        var failed = -1;
        try
        {
            for (var step = 0; step < script.Count; step++)
            {
                try
                {
                    await script.RunAsync(lake, step, Cancel);

                    // What goes on in the background makes its calls before the next step's, so that a call's number means the same call each time.
                    await lake.Upkeep.IdleAsync();
                }
                catch (TarnException e) when (e.Kind == ErrorKind.Unavailable && failed < 0)
                {
                    failed = step;
                    RequireAllOrNothing(script, folder.Path, step);
                    if (forGood)
                    {
                        await lake.DisposeAsync();
                        lake = Open(local, 2);
                    }

                    step--;
                }
            }

            await RequireEndAsync(script, folder.Path, lake.Store == local ? lake : Open(local, 3));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"Seed {Seed}, fault {fault} at call {at}{(forGood ? " and for good" : "")}: {e.Message}", e);
        }
        finally
        {
            await lake.DisposeAsync();
        }

        return failed >= 0 ? -1 : calls;
    }

    /// <summary>Each table is as it was before the step, or as it is after it.</summary>
    private static void RequireAllOrNothing(LakeScript script, string root, int step)
    {
        var (before, after) = (script.Expected(step), script.Expected(step + 1));
        foreach (var folder in before.Keys)
        {
            var actual = LakeScript.Actual(root, folder);
            Assert.True(
                actual.SequenceEqual(before[folder]) || actual.SequenceEqual(after[folder]),
                $"{folder} after step {step} failed: {string.Join(' ', actual)}, expected {string.Join(' ', before[folder])} or {string.Join(' ', after[folder])}");
        }
    }

    private static async Task RequireEndAsync(LakeScript script, string root, Lake lake)
    {
        using var watch = new LogWatch(root);
        watch.Require();
        foreach (var (folder, expected) in script.Expected(script.Count))
        {
            Assert.Equal(expected, LakeScript.Actual(root, folder));
            await LakeOrphans.RequireFoundAsync(lake.Table(folder.Replace('/', '.')), Path.Combine(root, folder), Cancel);
            Assert.Equal(expected, LakeScript.Actual(root, folder));
        }
    }

    private static Lake Open(ObjectStore store, int seed) =>
        new(store, LakeScript.Options, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, seed), NullLoggerFactory.Instance);
}
