using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tarn.Log.Tests;

/// <summary>The program that <see cref="KillTests"/> kills: appends from several threads, and prints what was acknowledged, until it is killed.</summary>
internal static class CrashedWriter
{
    public const string Verb = "append-until-killed";
    private const int Writers = 4;

    public static async Task RunAsync(string directory, FlushPolicy flush)
    {
        var log = new SegmentTopicLog(directory, TimeProvider.System, NullLoggerFactory.Instance);
        await log.CreateTopicAsync("events", new TopicOptions { SegmentBytes = 64 << 10, Flush = flush });
        Console.WriteLine("ready");
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            for (var i = 0; ; i++)
            {
                // The records of a batch say how many it has and which they are.
                var count = 1 + (i % 5);
                var batch = Enumerable.Range(count * 10, count).Select(n => LogDirectory.Record(n, 100 + (i * 37 % 900)));
                var offsets = await log.AppendAsync("events", [.. batch]);
                await log.CommitOffsetAsync($"group{w}", "events", 0, offsets[^1].Offset + 1);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{w} {offsets[0].Offset} {count}"));
            }
        })));
    }
}
