using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using Tarn.Log;

namespace Tarn.Bench;

/// <summary>
/// Appending records of 1 kB to a topic, in batches, against writing the same number of bytes to a plain file in the same pieces, with the same
/// policy: a flush after each piece, or none. Both in turn, several rounds, the median of each. On a busy machine a thread that blocks in each flush
/// waits for its turn again, and one that hands flushes to the thread pool less so; the plain file is written both ways, and the faster one counts.
/// </summary>
internal static class TopicAppend
{
    private const int RecordBytes = 1000;
    private const int WarmUp = 2;
    private const int Rounds = 9;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder) =>
    [
        await CompareAsync(folder, FlushPolicy.None, batch: 100, batches: 1000),
        await CompareAsync(folder, FlushPolicy.None, batch: 1, batches: 50_000),
        await CompareAsync(folder, FlushPolicy.EachAppend, batch: 100, batches: 200),
        await CompareAsync(folder, FlushPolicy.EachAppend, batch: 1, batches: 400),
    ];

    private static async Task<Measurement> CompareAsync(string folder, FlushPolicy policy, int batch, int batches)
    {
        List<double> ours = [], straight = [], handed = [];
        for (var round = 0; round < WarmUp + Rounds; round++)
        {
            var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{policy}-{batch}-{round}"));
            Directory.CreateDirectory(path);
            var straightSeconds = await WritePlainAsync(Path.Combine(path, "straight"), policy, batch, batches, static flush =>
            {
                flush();
                return Task.CompletedTask;
            });
            var ourSeconds = await AppendAsync(Path.Combine(path, "log"), policy, batch, batches);
            var handedSeconds = await WritePlainAsync(Path.Combine(path, "handed"), policy, batch, batches, Task.Run);
            Directory.Delete(path, recursive: true);
            if (round >= WarmUp)
            {
                straight.Add(straightSeconds);
                handed.Add(handedSeconds);
                ours.Add(ourSeconds);
            }
        }

        var plain = Math.Min(Median(straight), Median(handed));
        var megabytes = (double)batch * batches * RecordBytes / 1e6;
        return Measurement.AtLeastRatio(
            string.Create(CultureInfo.InvariantCulture, $"append 1 kB × {batch}, flush {policy}"), megabytes / Median(ours), "MB/s", megabytes / plain, 0.5);
    }

    private static async Task<double> WritePlainAsync(string path, FlushPolicy policy, int batch, int batches, Func<Action, Task> run)
    {
        var piece = new byte[batch * RecordBytes];
        new Random(1).NextBytes(piece);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < batches; i++)
        {
            RandomAccess.Write(file, piece, (long)i * piece.Length);
            if (policy == FlushPolicy.EachAppend)
            {
                await run(() => RandomAccess.FlushToDisk(file));
            }
        }

        return clock.Elapsed.TotalSeconds;
    }

    private static async Task<double> AppendAsync(string path, FlushPolicy policy, int batch, int batches)
    {
        var random = new Random(1);
        var records = new NewRecord[batch];
        for (var i = 0; i < batch; i++)
        {
            var (key, value) = (new byte[10], new byte[RecordBytes - 10]);
            random.NextBytes(key);
            random.NextBytes(value);
            records[i] = new NewRecord(key, value);
        }

        await using var log = new SegmentTopicLog(path, TimeProvider.System, NullLoggerFactory.Instance);
        await log.CreateTopicAsync("bench", new TopicOptions { Flush = policy });
        await log.AppendAsync("bench", records[..1]);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < batches; i++)
        {
            await log.AppendAsync("bench", records);
        }

        return clock.Elapsed.TotalSeconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
