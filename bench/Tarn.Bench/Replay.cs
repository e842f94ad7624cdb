using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Quakes.Catalogue;
using Quakes.Feeds;
using Quakes.Ingestion;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;
using Tarn.Simulation;
using Tarn.Streams;

namespace Tarn.Bench;

/// <summary>
/// Successive snapshots of a feed, end to end: HTTP, parse, topic, merge, commit, each made durable. The real recording of 12,000 snapshots where it
/// is on this machine, else one of the simulated feed. The baseline reads and parses the same recording and does nothing with it.
/// </summary>
internal static class Replay
{
    private const string Real = "usgs/all_day_caribbean_snapshots.jsonl.gz";
    private const int SimulatedSnapshots = 1_000;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var recording = SharedData.Find(Real);
        var name = recording is null ? "replay of a simulated recording" : "replay of the real recording";
        if (recording is null)
        {
            recording = Path.Combine(folder, "recording.jsonl");
            await Recording.WriteAsync(recording, SimulatedSnapshots, seed: 1, CancellationToken.None);
        }

        var parsed = Parse(recording);
        var time = TimeProvider.System;
        await using var log = new SegmentTopicLog(Path.Combine(folder, "log"), time, NullLoggerFactory.Instance);
        await using var lake = new Tarn.Lake.Lake(new LocalObjectStore(Path.Combine(folder, "lake")), null, time, IdSource.Create(time), NullLoggerFactory.Instance);
        var tables = await QuakesTables.OpenAsync(lake, log, CancellationToken.None);
        var ingest = new Ingest(tables, new CatalogueReader(lake), new SinkRunner(NullLoggerFactory.Instance));
        await using var replay = await ReplayRun.StartAsync(recording, ingest, time, NullLoggerFactory.Instance, CancellationToken.None);
        var clock = Stopwatch.StartNew();
        await replay.RunAsync(CancellationToken.None);
        var rate = replay.Snapshots / clock.Elapsed.TotalSeconds;
        return
        [
            Measurement.AtLeast($"{name}, {replay.Snapshots:#,0} of which {replay.Changing:#,0} change", rate, "snapshots/s", 50) with
            {
                Baseline = parsed,
                Ratio = rate / parsed,
            },
        ];
    }

    private static double Parse(string recording)
    {
        var clock = Stopwatch.StartNew();
        using Stream file = File.OpenRead(recording);
        using var lines = new StreamReader(recording.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
        var count = 0;
        while (lines.ReadLine() is { } line)
        {
            using var snapshot = JsonDocument.Parse(line);
            count += snapshot.RootElement.GetProperty("feed").GetProperty("features").GetArrayLength() >= 0 ? 1 : 0;
        }

        return count / clock.Elapsed.TotalSeconds;
    }
}
