using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Log;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>A folder with a topic log, and the journal beside it.</summary>
internal sealed class PredictionWorld : IAsyncDisposable
{
    /// <summary>Files of 64 KiB, so that a test goes through many.</summary>
    public static readonly PredictionLogOptions Small = new() { KeepInputs = true, SegmentBytes = 64 << 10, MaxInputBytes = 4 << 10, MaxOutputBytes = 4 << 10, MaxUnmovedBytes = 64 << 20, BatchRecords = 50 };

    private readonly TemporaryDirectory _directory = new(inMemory: true);

    public PredictionWorld() => Topics = new SegmentTopicLog(_directory.Combine("log"), Time, NullLoggerFactory.Instance);

    public ManualTimeProvider Time { get; } = new();

    public SegmentTopicLog Topics { get; }

    public string Journal => _directory.Combine("serving", "predictions");

    public string Folder => _directory.Path;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public Task<PredictionLog> OpenAsync(PredictionLogOptions? options = null, TopicLog? topics = null, Microsoft.Extensions.Logging.ILoggerFactory? logs = null) =>
        PredictionLog.OpenAsync(Journal, topics ?? Topics, options ?? Small, Time, IdSource.CreateSeeded(Time, 7), logs ?? NullLoggerFactory.Instance, Cancellation);

    /// <summary>An id that says its number.</summary>
    public static Guid IdOf(int number) => new(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

    public static bool Write(PredictionLog log, int number, int payload = 100) => log.TryWrite(Entry(IdOf(number), payload));

    public static PredictionEntry Entry(Guid id, int payload = 100) => new()
    {
        Id = id,
        At = DateTimeOffset.UnixEpoch.AddDays(20_000),
        Endpoint = "pizza",
        Model = "pizza-steak",
        Version = 3,
        Latency = TimeSpan.FromMicroseconds(1234),
        Status = 200,
        InputsKind = PayloadKind.Json,
        Inputs = Payload.AsSpan(0, payload),
        OutputsKind = PayloadKind.Json,
        Outputs = "[0.25]"u8,
    };

    /// <summary>What is in the topic: partition by partition, in order.</summary>
    public async Task<List<(int Partition, PredictionRecord Value, long Position)>> TopicAsync(string name = PredictionTopics.PredictionsName)
    {
        var topic = PredictionTopics.Predictions(Topics, name);
        var found = new List<(int, PredictionRecord, long)>();
        foreach (var partition in (await Topics.DescribeTopicAsync(name, Cancellation)).Partitions)
        {
            for (var offset = partition.Low; offset < partition.High;)
            {
                foreach (var record in await Topics.ReadAsync(name, partition.Partition, offset, ReadLimits.Default, Cancellation))
                {
                    var header = record.Headers.SingleOrDefault(static h => h.Name == "journal-position");
                    found.Add((partition.Partition, topic.Decode(record), header.Name is null ? -1 : long.Parse(Encoding.UTF8.GetString(header.Value.Span).Split('/')[1], CultureInfo.InvariantCulture)));
                    offset = record.Offset + 1;
                }
            }
        }

        return found;
    }

    /// <summary>Each of the numbers is in the topic once, nothing else is, and the records of a partition are in the journal's order.</summary>
    public async Task AssertOnceAsync(IEnumerable<int> numbers, string about)
    {
        var found = await TopicAsync();
        var expected = numbers.Select(static n => IdOf(n).ToString("n")).ToHashSet(StringComparer.Ordinal);
        var ids = found.Select(static f => f.Value.PredictionId).ToList();
        Assert.True(ids.Count == ids.Distinct(StringComparer.Ordinal).Count(), $"{about}: {ids.Count - ids.Distinct(StringComparer.Ordinal).Count()} records are there twice");
        Assert.True(expected.SetEquals(ids), $"{about}: {expected.Except(ids).Count()} of {expected.Count} are missing, {ids.Except(expected).Count()} are too many");
        foreach (var partition in found.GroupBy(static f => f.Partition))
        {
            Assert.True(partition.Select(static f => f.Position).SequenceEqual(partition.Select(static f => f.Position).Order()), $"{about}: partition {partition.Key} is not in order");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Topics.DisposeAsync();
        _directory.Dispose();
    }

    private static readonly byte[] Payload = [(byte)'"', .. Enumerable.Repeat((byte)'x', 10_000), (byte)'"'];
}
