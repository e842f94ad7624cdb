using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Tests;

/// <summary>What endpoints answer, in the lake.</summary>
public sealed class PredictionTableTests : IAsyncLifetime
{
    private readonly EndpointServer _server = new();

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Every_prediction_is_in_the_table_once_and_feedback_is_joined()
    {
        await _server.SplitAsync("""{"variants": [{"alias": "champion", "weight": 1}, {"version": 2, "weight": 1}], "shadows": [{"version": 3, "fraction": 1}]}""");
        var answers = new List<JsonNode>();
        for (var i = 0; i < 40; i++)
        {
            answers.Add(await _server.AskAsync(i));
        }

        var ids = answers.ConvertAll(static a => (string)a["prediction_id"]!);
        Assert.Equal(40, ids.Distinct().Count());
        await FeedbackAsync(ids[0], "\"correct\": false");
        await FeedbackAsync(ids[0], "\"correct\": true, \"comment\": \"after all\"");
        await FeedbackAsync(ids[1], "\"correct\": false, \"label\": \"7\"");
        var tail = (await _server.Server.GetAsync("/api/v1/endpoints/half/predictions?limit=1000")).AsArray();
        await EndpointServer.WaitAsync(async () => (tail = (await _server.Server.GetAsync("/api/v1/endpoints/half/predictions?limit=1000")).AsArray()).Count >= 80);
        Assert.Equal(ids.Order(), tail.Where(static p => !(bool)p!["isShadow"]!).Select(static p => (string)p!["predictionId"]!).Order());
        Assert.Equal(ids.Order(), tail.Where(static p => (bool)p!["isShadow"]!).Select(static p => (string)p!["shadowOf"]!).Order());
        Assert.Equal(tail.Select(static p => (DateTimeOffset)p!["at"]!).OrderDescending(), tail.Select(static p => (DateTimeOffset)p!["at"]!));
        Assert.Equal(3, (await _server.Server.GetAsync("/api/v1/endpoints/half/predictions?limit=3")).AsArray().Count);
        Assert.Empty((await _server.Server.GetAsync("/api/v1/endpoints/shade/predictions")).AsArray());

        // The sinks commit every few seconds.
        await EndpointServer.WaitAsync(async () => (int)(await _server.QueryAsync("SELECT count(*) FROM gold.predictions"))[0]![0]! >= 80 && (int)(await _server.QueryAsync("SELECT count(*) FROM gold.feedback"))[0]![0]! >= 3);
        Assert.Equal("[[80,80,40]]", (await _server.QueryAsync("SELECT count(*), count(DISTINCT prediction_id), sum(CASE WHEN is_shadow THEN 1 ELSE 0 END) FROM gold.predictions")).ToJsonString());
        var stored = (await _server.QueryAsync("SELECT prediction_id FROM gold.predictions WHERE NOT is_shadow ORDER BY 1")).Select(static r => (string)r![0]!);
        Assert.Equal(ids.Order(StringComparer.Ordinal), stored);
        var joined = await _server.QueryAsync("SELECT prediction_id, feedback_correct, feedback_label, feedback_comment FROM gold.predictions_with_feedback WHERE feedback_at IS NOT NULL");
        Assert.Equal(80, (int)(await _server.QueryAsync("SELECT count(*) FROM gold.predictions_with_feedback"))[0]![0]!);
        Assert.Equal(2, joined.Count);
        Assert.Equal((true, "after all"), joined.Where(r => (string?)r![0] == ids[0]).Select(static r => ((bool)r![1]!, (string?)r[3])).Single());
        Assert.Equal((false, "7"), joined.Where(r => (string?)r![0] == ids[1]).Select(static r => ((bool)r![1]!, (string?)r[2])).Single());
        var counts = (await _server.Server.GetAsync("/api/v1/endpoints/half"))["variants"]!.AsArray().Select(static v => v!["counts"]!).ToList();
        Assert.Equal((40, 1, 2), (counts.Sum(static c => (int)c["requests"]!), counts.Sum(static c => (int)c["positive"]!), counts.Sum(static c => (int)c["negative"]!)));
    }

    private async Task FeedbackAsync(string id, string said)
    {
        var (status, body) = await _server.SendAsync(HttpMethod.Post, "/v1/endpoints/half/feedback", $$"""{"prediction_id": "{{id}}", {{said}}}""");
        Assert.Equal((202, true), (status, (bool)body["counted"]!));
    }
}
