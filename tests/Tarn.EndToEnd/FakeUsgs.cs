using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tarn.EndToEnd;

/// <summary>
/// A feed of the USGS's shape that is independent of Tarn's own simulator: what it serves is a plain set of GeoJSON features and a
/// clock, both in the test's hands. Paths, parameters and the 20,000 limit follow the FDSN event service and the summary feeds.
/// </summary>
internal sealed class FakeUsgs : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, JsonObject> _features = new(StringComparer.Ordinal);
    private readonly HashSet<string> _deleted = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    private FakeUsgs(WebApplication app) => _app = app;

    /// <summary>The feed's clock: <c>generated</c>, and the end of the windows of the summary feeds.</summary>
    public DateTimeOffset Now { get; set; }

    /// <summary>The service's limit on the events of one query; the real one's is 20,000.</summary>
    public int QueryLimit { get; init; } = 20_000;

    /// <summary>Every request path with its query, in order.</summary>
    public List<string> Requests { get; } = [];

    public string Url => _app.Urls.First();

    public static async Task<FakeUsgs> StartAsync(int queryLimit = 20_000)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var usgs = new FakeUsgs(app) { QueryLimit = queryLimit };
        app.MapGet("/fdsnws/event/1/query", usgs.QueryAsync);
        app.MapGet("/fdsnws/event/1/count", (HttpContext http) => http.Response.WriteAsync(usgs.Select(http.Request.Query).Count.ToString(CultureInfo.InvariantCulture)));
        app.MapGet("/earthquakes/feed/v1.0/summary/{name}.geojson", usgs.SummaryAsync);
        await app.StartAsync();
        return usgs;
    }

    /// <summary>Serves this version of the feature from now on.</summary>
    public void Publish(JsonObject feature)
    {
        lock (_gate)
        {
            _features[feature["id"]!.GetValue<string>()] = feature;
            _deleted.Remove(feature["id"]!.GetValue<string>());
        }
    }

    /// <summary>Withdraws an event as the service does: gone from the summaries, <c>status: deleted</c> where deleted ones are asked for.</summary>
    public void Delete(string id, DateTimeOffset at)
    {
        lock (_gate)
        {
            var feature = _features[id].DeepClone().AsObject();
            feature["properties"]!["status"] = "deleted";
            feature["properties"]!["updated"] = at.ToUnixTimeMilliseconds();
            _features[id] = feature;
            _deleted.Add(id);
        }
    }

    /// <summary>The event is no longer served at all.</summary>
    public void Vanish(string id)
    {
        lock (_gate)
        {
            _features.Remove(id);
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static long Time(JsonObject feature) => feature["properties"]!["time"]!.GetValue<long>();

    private static long Updated(JsonObject feature) => feature["properties"]!["updated"]!.GetValue<long>();

    private static long? Milliseconds(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var text)
            ? DateTimeOffset.Parse(text.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds()
            : null;

    private List<JsonObject> Select(IQueryCollection query)
    {
        var from = Milliseconds(query, "starttime") ?? Now.AddDays(-30).ToUnixTimeMilliseconds();
        var to = Milliseconds(query, "endtime") ?? long.MaxValue;
        var updatedAfter = Milliseconds(query, "updatedafter") ?? long.MinValue;
        var deleted = query["includedeleted"] == "true";
        lock (_gate)
        {
            var found = _features.Values
                .Where(f => Time(f) >= from && Time(f) <= to && Updated(f) > updatedAfter)
                .Where(f => deleted || !_deleted.Contains(f["id"]!.GetValue<string>()))
                .OrderBy(Time).ThenBy(static f => f["id"]!.GetValue<string>(), StringComparer.Ordinal)
                .ToList();
            if (query["orderby"] != "time-asc")
            {
                found.Reverse();
            }

            return found;
        }
    }

    private async Task QueryAsync(HttpContext http)
    {
        var query = http.Request.Query;
        lock (_gate)
        {
            Requests.Add(http.Request.Path + http.Request.QueryString);
        }

        var found = Select(query);
        var limit = query.TryGetValue("limit", out var l) ? int.Parse(l.ToString(), CultureInfo.InvariantCulture) : (int?)null;
        var offset = query.TryGetValue("offset", out var o) ? int.Parse(o.ToString(), CultureInfo.InvariantCulture) : 1;
        if (query["format"] != "geojson" || limit > QueryLimit || offset < 1 || (limit is null && found.Count > QueryLimit))
        {
            http.Response.StatusCode = 400;
            await http.Response.WriteAsync($"Error 400: Bad Request\n\n{found.Count} matching events exceeds search limit of {QueryLimit}. Modify the search to match fewer events.");
            return;
        }

        await WriteAsync(http, "USGS Earthquakes", http.Request.Path, found.Skip(offset - 1).Take(limit ?? int.MaxValue));
    }

    private async Task SummaryAsync(HttpContext http, string name)
    {
        lock (_gate)
        {
            Requests.Add(http.Request.Path);
        }

        var (days, title) = name switch
        {
            "all_hour" => (1 / 24.0, "Hour"),
            "all_day" => (1, "Day"),
            "all_week" => (7, "7 Days"),
            "all_month" => (30, "30 Days"),
            _ => (0, ""),
        };
        if (days == 0)
        {
            http.Response.StatusCode = 404;
            return;
        }

        List<JsonObject> found;
        lock (_gate)
        {
            found = [.. _features.Values.Where(f => !_deleted.Contains(f["id"]!.GetValue<string>()) && Time(f) >= Now.AddDays(-days).ToUnixTimeMilliseconds() && Time(f) <= Now.ToUnixTimeMilliseconds()).OrderByDescending(Time)];
        }

        await WriteAsync(http, $"USGS All Earthquakes, Past {(name == "all_week" ? "Week" : name == "all_month" ? "Month" : title)}", http.Request.Path, found);
    }

    private async Task WriteAsync(HttpContext http, string title, string url, IEnumerable<JsonObject> features)
    {
        var array = new JsonArray([.. features.Select(static f => f.DeepClone())]);
        var collection = new JsonObject
        {
            ["type"] = "FeatureCollection",
            ["metadata"] = new JsonObject
            {
                ["generated"] = Now.ToUnixTimeMilliseconds(),
                ["url"] = Url + url,
                ["title"] = title,
                ["status"] = 200,
                ["api"] = "1.14.1",
                ["count"] = array.Count,
            },
            ["features"] = array,
        };
        http.Response.ContentType = "application/json; charset=utf-8";
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(collection.ToJsonString()));
    }
}
