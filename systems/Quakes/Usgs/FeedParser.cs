using System.Text.Json;
using Tarn.Core;

namespace Quakes.Usgs;

/// <summary>
/// Reads the GeoJSON summary format of the USGS (earthquake.usgs.gov/earthquakes/feed/v1.0/geojson.php). The document as a whole
/// must be well-formed to its last byte; a single feature that breaks a rule is set aside with the reason and its text.
/// </summary>
internal static class FeedParser
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <exception cref="TarnException">The bytes are not a whole GeoJSON FeatureCollection.</exception>
    public static FeedDocument Parse(ReadOnlyMemory<byte> body, string source)
    {
        if (body.Span.StartsWith(ByteOrderMark))
        {
            body = body[ByteOrderMark.Length..];
        }

        try
        {
            return ParseDocument(body) ?? throw NotAFeed(body, source, null);
        }
        catch (JsonException error)
        {
            throw NotAFeed(body, source, error);
        }
        catch (InvalidOperationException error)
        {
            // Utf8JsonReader's own way to refuse text that is not UTF-8, here in the document's frame rather than a feature.
            throw NotAFeed(body, source, error);
        }
    }

    private static FeedDocument? ParseDocument(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        var metadata = FeedMetadata.None;
        var features = new List<ParsedFeature>();
        var rejected = new List<RejectedFeature>();
        (string? First, string? Last) ends = default;
        var isCollection = false;
        var hasFeatures = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                isCollection = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("FeatureCollection"u8);
            }
            else if (reader.ValueTextEquals("metadata"u8))
            {
                reader.Read();
                metadata = ReadMetadata(ref reader);
            }
            else if (reader.ValueTextEquals("features"u8))
            {
                reader.Read();
                hasFeatures = reader.TokenType == JsonTokenType.StartArray;
                ends = ReadFeatures(ref reader, body, features, rejected);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        // Anything after the closing brace is refused by the reader itself.
        while (reader.Read())
        {
        }

        return isCollection && hasFeatures ? new FeedDocument(metadata, features, rejected) { FirstKey = ends.First, LastKey = ends.Last } : null;
    }

    private static (string? First, string? Last) ReadFeatures(
        ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, List<ParsedFeature> features, List<RejectedFeature> rejected)
    {
        (string? First, string? Last) ends = default;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return ends;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            var feature = new FeatureReader();
            feature.Read(ref reader);
            var raw = body[start..(int)reader.BytesConsumed];
            if (feature.Finish(raw, out var parsed, out var reason))
            {
                features.Add(parsed);
            }
            else
            {
                rejected.Add(new RejectedFeature(feature.Id, reason, raw));
            }

            var key = feature.Id ?? System.Text.Encoding.UTF8.GetString(raw.Span);
            ends = (ends.First ?? key, key);
        }

        return ends;
    }

    private static FeedMetadata ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return FeedMetadata.None;
        }

        var metadata = FeedMetadata.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("generated"u8))
            {
                reader.Read();
                var generated = JsonValues.TryInteger(ref reader, out var value) && EventTime.TryFrom(value, out var at) ? at : (DateTimeOffset?)null;
                metadata = metadata with { Generated = generated };
            }
            else if (reader.ValueTextEquals("url"u8))
            {
                reader.Read();
                metadata = metadata with { Url = JsonValues.StringOrNull(ref reader) };
            }
            else if (reader.ValueTextEquals("title"u8))
            {
                reader.Read();
                metadata = metadata with { Title = JsonValues.StringOrNull(ref reader) };
            }
            else if (reader.ValueTextEquals("count"u8))
            {
                reader.Read();
                metadata = metadata with { Count = JsonValues.TryInteger(ref reader, out var value) ? value : null };
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return metadata;
    }

    private static TarnException NotAFeed(ReadOnlyMemory<byte> body, string source, Exception? cause)
    {
        var start = System.Text.Encoding.UTF8.GetString(body.Span[..Math.Min(80, body.Length)]);
        return new TarnException(
            ErrorKind.Unavailable,
            $"The answer of {source} is not a whole GeoJSON FeatureCollection{(cause is null ? "" : $": {cause.Message}")}; nothing of it is kept.",
            $"{body.Length} bytes starting with {start}",
            "The attempt is tried again; if it persists, look at the address in a browser.",
            cause);
    }
}
