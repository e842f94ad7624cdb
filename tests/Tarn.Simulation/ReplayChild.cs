using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Quakes.Catalogue;
using Quakes.Feeds;
using Quakes.Gold;
using Quakes.Ingestion;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;
using Tarn.Postgres;
using Tarn.Streams;

namespace Tarn.Simulation;

/// <summary>
/// The program that is killed: plays a recording from a snapshot on into a data directory, and PostgreSQL where one is given. It prints
/// <c>ready</c>, a line <c>done N</c> for each snapshot that is dealt with, and <c>finished</c>. Told to, it ends itself as <c>kill -9</c> does at the n-th write to the lake.
/// </summary>
internal static class ReplayChild
{
    public const string Verb = "replay-child";

    public static async Task RunAsync(string[] arguments)
    {
        var (directory, recording, from, killAtWrite, postgres) = (
            arguments[0], arguments[1], int.Parse(arguments[2], CultureInfo.InvariantCulture), int.Parse(arguments[3], CultureInfo.InvariantCulture), arguments.ElementAtOrDefault(4));
        var time = TimeProvider.System;
        var writes = 0;
        var store = new FaultyObjectStore(new LocalObjectStore(Path.Combine(directory, "lake")), call =>
        {
            if (call.Writes && Interlocked.Increment(ref writes) == killAtWrite)
            {
                Process.GetCurrentProcess().Kill();
            }

            return Fault.None;
        });
        await using var log = new SegmentTopicLog(Path.Combine(directory, "log"), time, NullLoggerFactory.Instance);
        await using var lake = new Tarn.Lake.Lake(store, null, time, IdSource.Create(time), NullLoggerFactory.Instance);
        var tables = await QuakesTables.OpenAsync(lake, log, CancellationToken.None);
        var reader = new CatalogueReader(lake);
        var runner = new SinkRunner(NullLoggerFactory.Instance);
        var gold = new GoldTables(tables, reader);
        await using var database = string.IsNullOrEmpty(postgres) ? null : new PostgresDatabase(postgres);
        var copy = database is null
            ? null
            : new PostgresCopy(tables, reader, runner, new PostgresSink<EarthquakeVersion, Earthquake>(
                database, PostgresCopy.Target, static (_, version) => version.ToEarthquake(), time, NullLoggerFactory.Instance));

        var ingest = new Ingest(tables, reader, runner);
        await using var replay = await ReplayRun.StartAsync(recording, ingest, time, NullLoggerFactory.Instance, CancellationToken.None);
        replay.SkipTo(from);
        Say("ready");
        await ingest.DrainAsync(CancellationToken.None);
        for (var snapshot = from; ; snapshot++)
        {
            var more = await replay.StepAsync(CancellationToken.None);
            await gold.RefreshAsync(CancellationToken.None);
            if (copy is not null)
            {
                await copy.RefreshAsync(CancellationToken.None);
            }

            Say(string.Create(CultureInfo.InvariantCulture, $"done {snapshot + 1}"));
            if (!more)
            {
                break;
            }
        }

        Say("finished");
    }

    private static void Say(string line)
    {
        System.Console.Out.WriteLine(line);
        System.Console.Out.Flush();
    }
}
