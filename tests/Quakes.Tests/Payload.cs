using System.Text;
using System.Text.Json.Nodes;

namespace Quakes.Tests;

/// <summary>Feed documents made by hand.</summary>
internal static class Payload
{
    public static JsonObject Feature(string id, long time, long updated, double? mag = 1.5, string status = "automatic") => new()
    {
        ["type"] = "Feature",
        ["properties"] = new JsonObject
        {
            ["mag"] = mag,
            ["place"] = "5 km N of Nowhere",
            ["time"] = time,
            ["updated"] = updated,
            ["status"] = status,
            ["magType"] = "ml",
            ["gap"] = 101.5,
            ["type"] = "earthquake",
            ["net"] = "xx",
            ["title"] = $"M {mag} - 5 km N of Nowhere",
        },
        ["geometry"] = new JsonObject { ["type"] = "Point", ["coordinates"] = new JsonArray(-120.5, 38.25, 7.5) },
        ["id"] = id,
    };

    public static ReadOnlyMemory<byte> Document(long generated, string? feed, params IEnumerable<JsonNode?> features)
    {
        var metadata = new JsonObject { ["generated"] = generated, ["status"] = 200, ["title"] = "USGS Earthquakes" };
        if (feed is not null)
        {
            metadata["url"] = $"https://earthquake.usgs.gov/earthquakes/feed/v1.0/summary/{feed}.geojson";
        }

        var document = new JsonObject { ["type"] = "FeatureCollection", ["metadata"] = metadata, ["features"] = new JsonArray([.. features.Select(static f => f?.DeepClone())]) };
        return Encoding.UTF8.GetBytes(document.ToJsonString());
    }
}
