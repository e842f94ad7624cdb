using System.Text.Json;
using Tarn.Core;
using Tarn.Log;
using Tarn.Serving;

namespace Tarn;

/// <summary>The last predictions of an endpoint, from the end of the topic <c>predictions</c>.</summary>
internal sealed class PredictionTail(TopicLog log, EndpointReader reader)
{
    private const int Step = 500;
    private const int MostRead = 20_000;
    private const int MostOutputs = 64 << 10;

    /// <summary>The last ones, newest first, of at most the last 20,000 of all endpoints.</summary>
    public async Task<IReadOnlyList<EndpointPredictionView>> ReadAsync(string endpoint, int limit, CancellationToken cancellation)
    {
        var found = new List<PredictionRecord>();
        foreach (var partition in await PartitionsAsync(cancellation).ConfigureAwait(false))
        {
            await ReadAsync(partition, endpoint, limit, found, cancellation).ConfigureAwait(false);
        }

        return [.. found.OrderByDescending(static p => p.At).Take(limit).Select(Of)];
    }

    private async Task ReadAsync(PartitionDescription partition, string endpoint, int limit, List<PredictionRecord> found, CancellationToken cancellation)
    {
        var topic = PredictionTopics.Predictions(log);
        var (end, wanted) = (partition.High, found.Count + limit);
        while (end > partition.Low && found.Count < wanted && partition.High - end < MostRead)
        {
            var from = Math.Max(partition.Low, end - Step);
            for (var at = from; at < end;)
            {
                var records = await log.ReadAsync(PredictionTopics.PredictionsName, partition.Partition, at, new ReadLimits((int)(end - at), 8 << 20), cancellation).ConfigureAwait(false);
                foreach (var record in records)
                {
                    if (topic.TryDecode(record, out var prediction, out _) && prediction.Endpoint == endpoint)
                    {
                        found.Add(prediction);
                    }
                }

                at = records.Count == 0 ? end : records[^1].Offset + 1;
            }

            end = from;
        }
    }

    private async Task<IReadOnlyList<PartitionDescription>> PartitionsAsync(CancellationToken cancellation)
    {
        try
        {
            return (await log.DescribeTopicAsync(PredictionTopics.PredictionsName, cancellation).ConfigureAwait(false)).Partitions;
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            return [];
        }
    }

    private EndpointPredictionView Of(PredictionRecord p)
    {
        JsonElement? outputs = p.Outputs is { Length: <= MostOutputs } text ? JsonSerializer.Deserialize(text, ApiJson.Default.JsonElement) : null;
        var (label, probability) = outputs is { ValueKind: JsonValueKind.Array } tensors ? Answer(tensors, reader.LabelsOf(p.Model, p.Version)) : default;
        return new EndpointPredictionView(
            p.PredictionId, p.At, p.Variant, p.Version, p.Protocol, p.Caller, p.LatencyUs / 1000.0, p.QueueUs / 1000.0, p.BatchSize, p.Status, p.Error, label, probability, outputs,
            p.IsShadow, p.ShadowOf, p.TraceId);
    }

    /// <summary>The label that the model gives, else the class of the greatest score; and that score, where it is one of several.</summary>
    private static (string? Label, double? Probability) Answer(JsonElement tensors, IReadOnlyList<string>? labels)
    {
        string? label = null;
        double[]? scores = null;
        foreach (var tensor in tensors.EnumerateArray())
        {
            var data = tensor.GetProperty("data");
            if (data.GetArrayLength() == 0)
            {
                continue;
            }

            if (tensor.GetProperty("datatype").GetString() == "BYTES")
            {
                label ??= data[0].GetString();
            }
            else if (scores is null && tensor.GetProperty("datatype").GetString() == "FP32" && data[0].ValueKind == JsonValueKind.Number)
            {
                // A row of several: the last dimension is the classes.
                var shape = tensor.GetProperty("shape");
                var width = shape.GetArrayLength() == 0 ? 1 : shape[shape.GetArrayLength() - 1].GetInt32();
                scores = [.. data.EnumerateArray().Take(width).Select(static d => d.ValueKind == JsonValueKind.Number ? d.GetDouble() : double.NaN)];
            }
        }

        if (scores is not { Length: > 1 } || (label is null && labels is null))
        {
            return (label, null);
        }

        var best = Array.IndexOf(scores, scores.Max());
        return (label ?? (best >= 0 && best < labels!.Count ? labels[best] : null), best >= 0 ? scores[best] : null);
    }
}
