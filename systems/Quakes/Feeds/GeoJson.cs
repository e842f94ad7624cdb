using System.Buffers;
using System.Globalization;
using System.Text;

namespace Quakes.Feeds;

/// <summary>Writes a feed document in the USGS's shape.</summary>
internal static class GeoJson
{
    public static ReadOnlyMemory<byte> Write(DateTimeOffset generated, string url, string title, IReadOnlyList<ServedFeature> features)
    {
        var listed = features.Sum(static f => f.Copies);
        var buffer = new ArrayBufferWriter<byte>(1024 + (listed * 900));
        Append(buffer, string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"type":"FeatureCollection","metadata":{"generated":{{generated.ToUnixTimeMilliseconds()}},"url":"{{url}}","title":"{{title}}","status":200,"api":"1.14.1","count":{{listed}}},"features":["""));
        var first = true;
        foreach (var feature in features)
        {
            var json = feature.Json();
            for (var copy = 0; copy < feature.Copies; copy++)
            {
                if (!first)
                {
                    buffer.Write(","u8);
                }

                first = false;
                buffer.Write(json.Span);
            }
        }

        buffer.Write("]}"u8);
        return buffer.WrittenMemory;
    }

    private static void Append(ArrayBufferWriter<byte> buffer, string text) => Encoding.UTF8.GetBytes(text, buffer);
}
