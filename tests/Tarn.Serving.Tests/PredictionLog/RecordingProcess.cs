using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Log;

namespace Tarn.Serving.Tests;

/// <summary>
/// The program that is killed: several threads record predictions, and each writes a prediction's number to a file of its own once the log has said that it is recorded, as a server sends an
/// answer. Meanwhile the pump moves what is there.
/// </summary>
internal static class RecordingProcess
{
    public const string Verb = "recording-process";
    public const int Writers = 3;

    /// <summary>Numbers of one process: those of its writers follow each other in blocks.</summary>
    public const int Block = 10_000_000;

    public static async Task<int> RunAsync(string folder, string first)
    {
        await using var topics = OpenTopics(folder);
        await using var log = await OpenLogAsync(folder, topics, default);
        for (var i = 0; i < Writers; i++)
        {
            var number = int.Parse(first, CultureInfo.InvariantCulture) + (i * Block);
            new Thread(() => Record(log, folder, number)).Start();
        }

        await log.RunAsync(CancellationToken.None);
        return 0;
    }

    public static SegmentTopicLog OpenTopics(string folder) => new(Path.Combine(folder, "log"), TimeProvider.System, NullLoggerFactory.Instance);

    public static async Task<PredictionLog> OpenLogAsync(string folder, SegmentTopicLog topics, CancellationToken cancellation)
    {
        await topics.CreateTopicAsync("predictions", new TopicOptions { Partitions = 2, Flush = FlushPolicy.None }, cancellation);
        var options = new PredictionLogOptions { KeepInputs = true, SegmentBytes = 1 << 20, MaxInputBytes = 4096, MaxOutputBytes = 4096, PumpInterval = TimeSpan.FromMilliseconds(1), BatchRecords = 37 };
        return await PredictionLog.OpenAsync(Path.Combine(folder, "journal"), topics, options, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance, cancellation);
    }

    /// <summary>The numbers of predictions that a process has said are recorded.</summary>
    public static IEnumerable<int> Answered(string folder) =>
        from file in Directory.EnumerateFiles(folder, "answered-*")
        let bytes = File.ReadAllBytes(file)
        from i in Enumerable.Range(0, bytes.Length / sizeof(int))
        select BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i * sizeof(int)));

    private static void Record(PredictionLog log, string folder, int number)
    {
        var random = new Random(number);
        using var answers = new FileStream(Path.Combine(folder, FormattableString.Invariant($"answered-{number}")), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        for (var isFirst = true; ; number++, isFirst = false)
        {
            // While the journal is full, the pump is behind: the prediction is not answered, and comes again.
            while (!PredictionWorld.Write(log, number, random.Next(0, 3000)))
            {
                Thread.Yield();
            }

            BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
            answers.Write(bytes);
            if (isFirst)
            {
                System.Console.Out.WriteLine("recorded");
            }
        }
    }
}
