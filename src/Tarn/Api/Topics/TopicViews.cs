using System.Text;
using System.Text.Json;
using Tarn.Log;

namespace Tarn;

/// <summary>What the topic log holds, as the API says it.</summary>
internal static class TopicViews
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static TopicView Of(TopicDescription t, IReadOnlyList<GroupOffset> groups) => new(
        t.Name,
        [.. t.Partitions.Select(static p => new PartitionView(p.Partition, p.Low, p.High, p.Bytes, p.LastTimestamp))],
        t.Records,
        t.Bytes,
        Retention(t.Options),
        [.. groups.Where(g => g.Topic == t.Name && g.Partition < t.Partitions.Count)
            .Select(g => new GroupView(g.Group, g.Partition, g.Offset, Math.Max(0, t.Partitions[g.Partition].High - g.Offset)))]);

    public static RecordView Of(TopicRecord record)
    {
        var (value, encoding) = Value(record.Value);
        return new RecordView(
            record.Partition,
            record.Offset,
            record.Timestamp,
            Text(record.Key) ?? Convert.ToBase64String(record.Key.Span),
            value,
            encoding,
            record.Headers.GroupBy(static h => h.Name).ToDictionary(static h => h.Key, static h => Text(h.Last().Value) ?? Convert.ToBase64String(h.Last().Value.Span), StringComparer.Ordinal));
    }

    private static (JsonElement? Value, string? Encoding) Value(ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } value)
        {
            return (null, null);
        }

        try
        {
            using var document = JsonDocument.Parse(value);
            return (document.RootElement.Clone(), null);
        }
        catch (JsonException)
        {
            return (JsonSerializer.SerializeToElement(Convert.ToBase64String(value.Span), ApiJson.Default.String), "base64");
        }
    }

    private static string? Text(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes.Span);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static string? Retention(TopicOptions options)
    {
        var parts = new List<string>();
        if (options.RetentionTime is { } time)
        {
            parts.Add(Durations.Show(time));
        }

        if (options.RetentionBytes is { } bytes)
        {
            parts.Add(Sizes.Show(bytes));
        }

        return parts.Count == 0 ? null : string.Join(" or ", parts);
    }
}
