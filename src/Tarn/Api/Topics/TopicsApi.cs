using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Core;
using Tarn.Log;

namespace Tarn;

/// <summary>Topics.</summary>
internal static class TopicsApi
{
    private const int LineLimit = 100_000;

    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/topics").WithTags("topics");
        group.MapGet("/", static async (TopicLog log, CancellationToken cancellation) =>
        {
            var groups = await log.ListGroupsAsync(cancellation);
            return TypedResults.Ok<IReadOnlyList<TopicView>>([.. (await log.ListTopicsAsync(cancellation)).Select(t => TopicViews.Of(t, groups))]);
        })
            .WithSummary("All topics with their partitions and consumer groups.");
        group.MapGet("/{topic}", static async (string topic, TopicLog log, CancellationToken cancellation) =>
        {
            var description = await log.DescribeTopicAsync(topic, cancellation);
            return TypedResults.Ok(TopicViews.Of(description, await log.ListGroupsAsync(cancellation)));
        })
            .WithSummary("One topic.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{topic}/records", static async (string topic, int? partition, long? offset, string? time, int? limit, TopicLog log, CancellationToken cancellation) =>
        {
            var most = Require.Range("limit", limit ?? 50, 1, 1000);
            var from = await StartAsync(log, topic, partition ?? 0, offset, time, most, cancellation);
            var records = await log.ReadAsync(topic, partition ?? 0, from, new ReadLimits(most, 8 << 20), cancellation);
            return TypedResults.Ok<IReadOnlyList<RecordView>>([.. records.Select(TopicViews.Of)]);
        })
            .WithSummary("Records of a partition from an offset (negative: from the end) or a time on; default the last ones.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{topic}/records", static async (string topic, HttpRequest request, TopicLog log, CancellationToken cancellation) =>
        {
            await log.DescribeTopicAsync(topic, cancellation);
            var records = await ReadLinesAsync(request, cancellation);
            var offsets = await log.AppendAsync(topic, records, cancellation);
            return TypedResults.Ok(new ProducedView([.. offsets.Select(static o => new ProducedOffset(o.Partition, o.Offset))]));
        })
            .Accepts<ProduceLine>("application/x-ndjson", "application/jsonl", "application/json", "text/plain")
            .WithSummary("Appends records, one line of JSON each: {key, value, headers?}. Durable when it answers.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<long> StartAsync(TopicLog log, string topic, int partition, long? offset, string? time, int most, CancellationToken cancellation)
    {
        var description = await log.DescribeTopicAsync(topic, cancellation).ConfigureAwait(false);
        if (partition < 0 || partition >= description.Partitions.Count)
        {
            throw TarnException.NotFound($"Topic {topic} has partitions 0 to {description.Partitions.Count - 1}.", $"partition={partition}");
        }

        var (low, high) = (description.Partitions[partition].Low, description.Partitions[partition].High);
        if (time is not null)
        {
            if (offset is not null)
            {
                throw TarnException.InvalidInput("Records are asked for from an offset or from a time.", $"offset={offset}, time={time}", "Leave one of them away.");
            }

            return Instants.TryParse(time, out var instant)
                ? await log.OffsetForTimeAsync(topic, partition, instant, cancellation).ConfigureAwait(false)
                : throw TarnException.InvalidInput($"time is a point in time. {Instants.Rule}", time);
        }

        return offset switch
        {
            null => Math.Max(low, high - most),
            < 0 => Math.Max(low, high + offset.Value),
            _ => offset.Value,
        };
    }

    private static async Task<List<NewRecord>> ReadLinesAsync(HttpRequest request, CancellationToken cancellation)
    {
        var records = new List<NewRecord>();
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var number = 0;
        while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            if (records.Count == LineLimit)
            {
                throw TarnException.InvalidInput($"One request appends at most {LineLimit} records.", null, "Send them in parts.");
            }

            records.Add(ReadLine(line, number));
        }

        return records;
    }

    private static NewRecord ReadLine(string line, int number)
    {
        ProduceLine? parsed;
        try
        {
            parsed = JsonSerializer.Deserialize(line, ApiJson.Default.ProduceLine);
        }
        catch (JsonException exception)
        {
            throw new TarnException(
                ErrorKind.InvalidInput,
                $"Each line is JSON: {{\"key\": text, \"value\": any JSON, \"headers\": {{name: text}}}}. Line {number} is not: {exception.Message}",
                line.Length > 200 ? line[..200] + "…" : line,
                "Nothing of the request was appended; correct that line and send it again.",
                exception);
        }

        if (parsed is null)
        {
            throw TarnException.InvalidInput($"Each line is a JSON object. Line {number} is null.", line, "Nothing of the request was appended.");
        }

        return new NewRecord(
            parsed.Key is null ? default : Encoding.UTF8.GetBytes(parsed.Key),
            parsed.Value is { ValueKind: not JsonValueKind.Null and not JsonValueKind.Undefined } value ? JsonSerializer.SerializeToUtf8Bytes(value, ApiJson.Default.JsonElement) : (ReadOnlyMemory<byte>?)null,
            Headers: parsed.Headers is null ? null : [.. parsed.Headers.Select(static h => new RecordHeader(h.Key, Encoding.UTF8.GetBytes(h.Value)))]);
    }
}
