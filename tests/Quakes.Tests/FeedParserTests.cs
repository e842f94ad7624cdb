using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quakes.Usgs;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Quakes.Tests;

public sealed class FeedParserTests
{
    private const long T = 1_700_000_000_123;

    [Theory]
    [InlineData("4.5_week_20210722")]
    [InlineData("all_day_20140205")]
    [InlineData("all_hour_20140210")]
    [InlineData("all_week_20210720")]
    [InlineData("all_week_20210722")]
    [InlineData("all_week_20230407")]
    [InlineData("all_week_20240504")]
    public void Reads_every_feature_of_a_real_feed_as_it_is(string name)
    {
        var bytes = File.ReadAllBytes(SharedData.Require($"usgs/feeds/{name}.geojson"));
        using var straight = JsonDocument.Parse(bytes);
        var read = FeedParser.Parse(bytes, name);
        var expected = straight.RootElement.GetProperty("features").EnumerateArray().ToList();
        Assert.Empty(read.Rejected);
        Assert.Equal(expected.Count, read.Features.Count);
        Assert.Equal(straight.RootElement.GetProperty("metadata").GetProperty("generated").GetInt64(), read.Metadata.Generated!.Value.ToUnixTimeMilliseconds());
        for (var i = 0; i < expected.Count; i++)
        {
            AssertSame(expected[i], read.Features[i]);
        }
    }

    [Fact]
    public void Reads_all_snapshots_of_the_recording()
    {
        var path = SharedData.Require("usgs/all_day_caribbean_snapshots.jsonl.gz");
        using var lines = new StreamReader(new System.IO.Compression.GZipStream(File.OpenRead(path), System.IO.Compression.CompressionMode.Decompress));
        var (features, rejected, upperCase) = (0, 0, 0);
        while (lines.ReadLine() is { } line)
        {
            using var snapshot = JsonDocument.Parse(line);
            var feed = FeedParser.Parse(Encoding.UTF8.GetBytes(snapshot.RootElement.GetProperty("feed").GetRawText()), path);
            features += feed.Features.Count;
            rejected += feed.Rejected.Count;
            upperCase += feed.Features.Count(static f => f.Event.Status == "REVIEWED");
        }

        Assert.Equal((76_765, 0, 0), (features, rejected, upperCase));
    }

    [Fact]
    public void A_feature_of_six_properties_is_fine()
    {
        var feature = new JsonObject
        {
            ["type"] = "Feature",
            ["properties"] = new JsonObject { ["mag"] = 2, ["place"] = "p", ["time"] = T, ["updated"] = T + 5, ["url"] = "u", ["title"] = "t" },
            ["geometry"] = new JsonObject { ["coordinates"] = new JsonArray(1, 2) },
            ["id"] = "pr1",
        };
        var row = Assert.Single(FeedParser.Parse(Payload.Document(T, "all_day", feature), "test").Features).Event;
        Assert.Equal(("pr1", 2.0, null, null, null), (row.Id, row.Mag, row.Status, row.DepthKm, row.Gap));
        Assert.Equal(T, row.Time.ToUnixTimeMilliseconds());
    }

    public static TheoryData<string, string> Malformed() => new()
    {
        { "f.Remove('id')", "id" },
        { "id=5", "id" },
        { "type=Featur", "type" },
        { "properties.time=null", "time" },
        { "properties.updated=null", "updated" },
        { "properties.time=\"yesterday\"", "time" },
        { "properties.time=1e40", "time" },
        { "properties.time=99999999999999999", "time" },
        { "properties.mag=\"abc\"", "mag" },
        { "properties.mag=1e999", "mag" },
        { "properties.gap={}", "gap" },
        { "properties.place=5", "place" },
        { "properties.nst=1.5", "nst" },
        { "properties=[]", "properties" },
        { "geometry=null", "coordinates" },
        { "coordinates=[1]", "coordinates" },
        { "coordinates=[1,2,3,4]", "coordinates" },
        { "coordinates=[181,0,1]", "longitude" },
        { "coordinates=[0,-91,1]", "latitude" },
        { "coordinates=[0,0,1e9]", "depth" },
        { "coordinates=[null,0,1]", "longitude" },
        { "coordinates=[\"1\",0,1]", "coordinates" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_feature_is_set_aside_with_its_reason_and_text_and_the_rest_goes_on(string change, string named)
    {
        var good = Payload.Feature("good1", T, T);
        var bad = Change(Payload.Feature("bad1", T, T), change);
        var body = Encoding.UTF8.GetBytes($$"""{"type":"FeatureCollection","metadata":{"generated":{{T}}},"features":[{{good}},{{bad}},{{good}}]}""");
        var read = FeedParser.Parse(body, "test");
        Assert.Equal(2, read.Features.Count);
        var rejected = Assert.Single(read.Rejected);
        Assert.Contains(named, rejected.Reason, StringComparison.Ordinal);
        Assert.Equal(bad, rejected.RawText);
    }

    [Fact]
    public void Things_that_are_no_features_are_set_aside()
    {
        var body = Encoding.UTF8.GetBytes("""{"features":[null,5,"x",[{}],{}],"type":"FeatureCollection"}""");
        var read = FeedParser.Parse(body, "test");
        Assert.Equal(5, read.Rejected.Count);
        Assert.Equal(["null", "5", "\"x\"", "[{}]", "{}"], read.Rejected.Select(static r => r.RawText));
    }

    [Fact]
    public void Text_that_is_no_text_is_set_aside()
    {
        byte[] broken = [.. "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"id\":\"a\",\"properties\":{\"place\":\""u8, 0xC3, 0x28, .. "\",\"time\":1,\"updated\":1},\"geometry\":{\"coordinates\":[1,2,3]}}]}"u8];
        Assert.Contains("place", Assert.Single(FeedParser.Parse(broken, "test").Rejected).Reason, StringComparison.Ordinal);
        var half = Payload.Feature("a", T, T).ToJsonString().Replace("Nowhere\",\"time", "\\ud800\",\"time", StringComparison.Ordinal);
        var body = Encoding.UTF8.GetBytes($$"""{"type":"FeatureCollection","features":[{{half}}]}""");
        Assert.Contains("place", Assert.Single(FeedParser.Parse(body, "test").Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deletion_may_withhold_time_and_position()
    {
        var feature = Payload.Feature("x", T, T + 9, mag: null, status: "DELETED");
        feature["properties"]!["time"] = null;
        feature["geometry"] = null;
        var read = Assert.Single(FeedParser.Parse(Payload.Document(T, null, feature), "test").Features);
        Assert.True(read.Event.IsDeleted);
        Assert.Equal("deleted", read.Event.Status);
        Assert.Equal(WithheldValues.Time | WithheldValues.Position, read.Withheld);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>Back soon</html>")]
    [InlineData("{\"type\":\"FeatureCollection\",\"features\":[")]
    [InlineData("{\"type\":\"FeatureCollection\",\"features\":[]}garbage")]
    [InlineData("{\"type\":\"FeatureCollection\"}")]
    [InlineData("{\"features\":[]}")]
    [InlineData("{\"type\":\"FeatureCollection\",\"features\":{}}")]
    [InlineData("[]")]
    [InlineData("null")]
    public void What_is_no_whole_feed_is_refused(string text)
    {
        var error = Assert.Throws<TarnException>(() => FeedParser.Parse(Encoding.UTF8.GetBytes(text), "http://feed"));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("http://feed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cut_of_a_feed_is_refused()
    {
        var whole = Payload.Document(T, "all_day", Payload.Feature("a", T, T), Payload.Feature("b", T, T));
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Throws<TarnException>(() => FeedParser.Parse(whole[..length], "test"));
        }
    }

    [Fact]
    public void A_byte_order_mark_does_no_harm()
    {
        byte[] marked = [0xEF, 0xBB, 0xBF, .. Payload.Document(T, null, Payload.Feature("a", T, T)).Span];
        Assert.Single(FeedParser.Parse(marked, "test").Features);
    }

    [Theory]
    [InlineData("{\"generated\":1,\"url\":\"https://x/summary/all_hour.geojson\"}", "all_hour", 1)]
    [InlineData("{\"generated\":1,\"url\":\"/summary/all_week.geojson\"}", "all_week", 168)]
    [InlineData("{\"generated\":1,\"title\":\"USGS All Earthquakes, Past 30 Days\"}", "all_month", 720)]
    [InlineData("{\"generated\":1}", "all_day", 24)]
    [InlineData("{\"generated\":1,\"url\":\"https://x/summary/4.5_week.geojson\"}", null, 0)]
    [InlineData("{}", null, 0)]
    public void The_window_is_the_documents_own(string metadata, string? feed, int hours)
    {
        var read = FeedParser.Parse(Encoding.UTF8.GetBytes($$"""{"type":"FeatureCollection","metadata":{{metadata}},"features":[]}"""), "test");
        var window = FeedWindow.Of(read.Metadata, "all_day");
        Assert.Equal(feed, window?.Feed);
        Assert.Equal(hours, (window?.Until - window?.From)?.TotalHours ?? 0);
    }

    private static void AssertSame(JsonElement expected, ParsedFeature actual)
    {
        var (row, p) = (actual.Event, expected.GetProperty("properties"));
        var at = expected.GetProperty("geometry").GetProperty("coordinates");
        Assert.Equal(expected.GetProperty("id").GetString(), row.Id);
        Assert.Equal(p.GetProperty("time").GetInt64(), row.Time.ToUnixTimeMilliseconds());
        Assert.Equal(p.GetProperty("updated").GetInt64(), row.Updated.ToUnixTimeMilliseconds());
        Assert.Equal((at[0].GetDouble(), at[1].GetDouble(), at[2].GetDouble()), (row.Longitude, row.Latitude, row.DepthKm));
        object?[] values = [row.Mag, row.Gap, row.Dmin, row.Rms, row.Cdi, row.Mmi, (double?)row.Nst, (double?)row.Felt, (double?)row.Sig, (double?)row.Tsunami];
        Assert.Equal(new[] { "mag", "gap", "dmin", "rms", "cdi", "mmi", "nst", "felt", "sig", "tsunami" }.Select(n => p.GetProperty(n) is { ValueKind: JsonValueKind.Number } v ? v.GetDouble() : (object?)null), values);
        object?[] texts = [row.MagType, row.Place, row.EventType, row.Net, row.Code, row.Ids, row.Sources, row.Types, row.Alert, row.Url, row.Detail, row.Title];
        Assert.Equal(new[] { "magType", "place", "type", "net", "code", "ids", "sources", "types", "alert", "url", "detail", "title" }.Select(n => (object?)p.GetProperty(n).GetString()), texts);
        Assert.Equal(p.GetProperty("status").GetString()!.ToLowerInvariant(), row.Status);
        Assert.Equal(row.Updated, row.VersionTime);
        Assert.Equal(expected.GetRawText(), actual.RawText);
    }

    private static string Change(JsonObject feature, string change)
    {
        if (change == "f.Remove('id')")
        {
            feature.Remove("id");
            return feature.ToJsonString();
        }

        var cut = change.IndexOf('=', StringComparison.Ordinal);
        var (path, value) = (change[..cut].Split('.'), change[(cut + 1)..]);
        JsonNode target = path[0] == "coordinates" ? feature["geometry"]! : path.Length == 2 ? feature[path[0]]! : feature;
        // The mark is replaced in the text, so that values that no JSON library would write can be tested, too.
        target[path[^1]] = "@@";
        return feature.ToJsonString().Replace("\"@@\"", value == "Featur" ? "\"Featur\"" : value, StringComparison.Ordinal);
    }
}
