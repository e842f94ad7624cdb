using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Log;
using Tarn.Streams;

namespace Tarn;

/// <summary>Sinks that run all the time.</summary>
internal static class SinksApi
{
    public static void Map(IEndpointRouteBuilder api) => api.MapGroup("/sinks").WithTags("sinks")
        .MapGet("/", static async (IEnumerable<RunningSink> sinks, TopicLog log, CancellationToken cancellation) =>
        {
            var views = new List<SinkView>();
            foreach (var sink in sinks)
            {
                var status = sink.Status;
                var topic = await log.DescribeTopicAsync(status.Topic, cancellation);
                views.Add(new SinkView(
                    status.Topic,
                    status.Sink,
                    status.State switch { TopicWriterState.Running => "running", TopicWriterState.Retrying => "retrying", _ => "stopped" },
                    [.. status.Partitions.Select(p => new SinkPartitionView(p.Partition, p.Committed, Math.Max(0, topic.Partitions[p.Partition].High - (p.Committed ?? topic.Partitions[p.Partition].Low))))],
                    status.PendingRecords,
                    status.PendingBytes,
                    status.Records,
                    status.Quarantined,
                    status.Commits,
                    status.LastCommit,
                    status.Error));
            }

            return TypedResults.Ok<IReadOnlyList<SinkView>>(views);
        })
        .WithSummary("The sinks that run all the time: where each is in its topic, what it has done, and what stands in its way.");
}

/// <summary>A sink that runs all the time.</summary>
internal sealed record SinkView(
    string Topic,
    string Sink,
    string State,
    IReadOnlyList<SinkPartitionView> Partitions,
    long PendingRecords,
    long PendingBytes,
    long Records,
    long Quarantined,
    long Commits,
    DateTimeOffset? LastCommit,
    string? Error);

/// <summary>Where a sink is in a partition.</summary>
internal sealed record SinkPartitionView(int Partition, long? Committed, long Lag);
