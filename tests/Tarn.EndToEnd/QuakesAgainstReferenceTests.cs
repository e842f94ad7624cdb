using System.Globalization;
using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.EndToEnd;

/// <summary>
/// The command line against a feed that is not Tarn's own: after each run of a pipeline, silver agrees with a reference computed here.
/// </summary>
public sealed class QuakesAgainstReferenceTests
{
    [Fact]
    public async Task Revisions_deletions_late_and_vanished_events_agree_with_the_reference()
    {
        using var folder = new TemporaryDirectory();
        await using var usgs = await FakeUsgs.StartAsync(queryLimit: 60);
        var tarn = Command(folder, usgs);
        var reference = new Reference();
        usgs.Now = At("2024-03-08T10:02:00Z");
        for (var i = 0; i < 150; i++)
        {
            Show(usgs, reference, Feature($"xx{i:000}", usgs.Now.AddMinutes(-17 * i), usgs.Now.AddMinutes((-17 * i) + 5), 1 + (i % 40 / 10.0), gap: 40.5 + i));
        }

        await RunAsync(tarn, "earthquakes-minibatch", "2024-03-08T10:05:00Z");
        await AgreesAsync(tarn, reference);

        usgs.Now = At("2024-03-10T23:30:00Z");
        Show(usgs, reference, Feature("xx003", At("2024-03-08T09:11:00.123Z"), At("2024-03-08T11:00:00Z"), 5.6, gap: 12.25));
        Show(usgs, reference, Feature("late1", At("2024-02-20T00:00:00.001Z"), At("2024-03-09T00:00:00Z"), 4.1, gap: null));
        usgs.Delete("xx007", At("2024-03-08T12:00:00Z"));
        reference.Seen(Feature("xx007", At("2024-03-08T10:02:00Z").AddMinutes(-17 * 7), At("2024-03-08T12:00:00Z"), 1.7, gap: 47.5, status: "deleted"));
        for (var i = 0; i < 30; i++)
        {
            Show(usgs, reference, Feature($"yy{i:000}", usgs.Now.AddMinutes(-40 * i), usgs.Now.AddMinutes((-40 * i) + 3), 2.5, gap: 100));
        }

        await RunAsync(tarn, "earthquakes-minibatch", "2024-03-10T23:30:00Z");
        await AgreesAsync(tarn, reference);

        // 2024-03-10 is a Sunday: the daily pipeline reads the whole week.
        usgs.Vanish("yy004");
        usgs.Vanish("xx020");
        usgs.Vanish("late1");
        usgs.Now = At("2024-03-10T23:50:00Z");
        reference.Missing(new HashSet<string>(Enumerable.Range(0, 30).Where(static i => i != 4).Select(static i => $"yy{i:000}").Concat(Enumerable.Range(0, 150).Where(static i => i is not 20 and not 7).Select(static i => $"xx{i:000}"))),
            usgs.Now.AddDays(-7).ToUnixTimeMilliseconds());
        await RunAsync(tarn, "earthquakes-daily", "2024-03-10T23:50:00Z");
        await AgreesAsync(tarn, reference);

        // Running any of them again leaves the table as it is.
        var before = await Version(tarn);
        await RunAsync(tarn, "earthquakes-daily", "2024-03-10T23:50:00Z");
        await RunAsync(tarn, "earthquakes-minibatch", "2024-03-08T10:05:00Z");
        await AgreesAsync(tarn, reference);
        Assert.Equal(before, await Version(tarn));
    }

    [Fact]
    public async Task The_real_week_pair_agrees_with_the_reference()
    {
        var first = Features(SharedData.Require("usgs/feeds/all_week_20210720.geojson"), out var firstGenerated);
        var second = Features(SharedData.Require("usgs/feeds/all_week_20210722.geojson"), out var secondGenerated);
        using var folder = new TemporaryDirectory();
        await using var usgs = await FakeUsgs.StartAsync();
        var tarn = Command(folder, usgs);
        var reference = new Reference();

        usgs.Now = firstGenerated;
        foreach (var feature in first)
        {
            Show(usgs, reference, feature);
        }

        await RunAsync(tarn, "earthquakes-minibatch", "2021-07-20T14:25:00Z");
        await AgreesAsync(tarn, reference);
        Assert.Equal(first.Count, reference.Count);

        usgs.Now = secondGenerated;
        var shown = second.Select(static f => f["id"]!.GetValue<string>()).ToHashSet();
        foreach (var feature in first.Where(f => !shown.Contains(f["id"]!.GetValue<string>())))
        {
            usgs.Vanish(feature["id"]!.GetValue<string>());
        }

        foreach (var feature in second)
        {
            Show(usgs, reference, feature);
        }

        await RunAsync(tarn, "earthquakes-minibatch", "2021-07-22T20:40:00Z");
        await AgreesAsync(tarn, reference);

        reference.Missing(shown, secondGenerated.AddDays(-7).ToUnixTimeMilliseconds());
        await RunAsync(tarn, "earthquakes-daily", "2021-07-25T23:50:00Z");
        await AgreesAsync(tarn, reference);
        Assert.Equal(7, reference.Lines().Count(static l => l.EndsWith("|deleted", StringComparison.Ordinal)));
    }

    private static TarnCommand Command(TemporaryDirectory folder, FakeUsgs usgs) =>
        new(folder.Combine("data"), new Dictionary<string, string?> { ["TARN__QUAKES__FEEDURL"] = usgs.Url });

    /// <summary>Publishes that many events of the last hours, and tells the reference.</summary>
    internal static void Fill(FakeUsgs usgs, Reference reference, string network, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var time = usgs.Now.AddSeconds(-5 * i);
            Show(usgs, reference, Feature($"{network}{i:0000}", time, time.AddSeconds(1), 1.5, gap: 33.25));
        }
    }

    private static void Show(FakeUsgs usgs, Reference reference, JsonObject feature)
    {
        usgs.Publish(feature);
        reference.Seen(feature);
    }

    private static async Task RunAsync(TarnCommand tarn, string pipeline, string logicalDate)
    {
        var run = await tarn.JsonAsync(0, "pipelines", "run", pipeline, "--logical-date", logicalDate, "--wait");
        Assert.Equal("success", run["state"]!.GetValue<string>());
    }

    private static async Task AgreesAsync(TarnCommand tarn, Reference reference)
    {
        var rows = await tarn.JsonAsync(0, "tables", "query", Reference.Sql);
        Assert.Equal(reference.Lines(), Reference.Lines(rows.AsArray()));
    }

    private static async Task<long> Version(TarnCommand tarn) =>
        (await tarn.JsonAsync(0, "tables", "show", "silver.earthquakes"))["version"]!.GetValue<long>();

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static List<JsonObject> Features(string path, out DateTimeOffset generated)
    {
        var collection = JsonNode.Parse(File.ReadAllText(path))!;
        generated = DateTimeOffset.FromUnixTimeMilliseconds(collection["metadata"]!["generated"]!.GetValue<long>());
        return [.. collection["features"]!.AsArray().Select(static f => f!.AsObject())];
    }

    internal static JsonObject Feature(
        string id, DateTimeOffset time, DateTimeOffset updated, double mag, double? gap, string status = "automatic", string place = "12 km NE of Somewhere, CA") => new()
        {
            ["type"] = "Feature",
            ["properties"] = new JsonObject
            {
                ["mag"] = mag,
                ["place"] = place,
                ["time"] = time.ToUnixTimeMilliseconds(),
                ["updated"] = updated.ToUnixTimeMilliseconds(),
                ["tz"] = null,
                ["url"] = $"https://example.org/{id}",
                ["detail"] = $"https://example.org/{id}.geojson",
                ["felt"] = null,
                ["cdi"] = null,
                ["mmi"] = null,
                ["alert"] = null,
                ["status"] = status,
                ["tsunami"] = 0,
                ["sig"] = 100,
                ["net"] = id[..2],
                ["code"] = id[2..],
                ["ids"] = $",{id},",
                ["sources"] = ",xx,",
                ["types"] = ",origin,",
                ["nst"] = 12,
                ["dmin"] = 0.01,
                ["rms"] = 0.5,
                ["gap"] = gap,
                ["magType"] = "ml",
                ["type"] = "earthquake",
                ["title"] = $"M {mag} - {id}",
            },
            ["geometry"] = new JsonObject { ["type"] = "Point", ["coordinates"] = new JsonArray(-122.5, 38.8, 7.25) },
            ["id"] = id,
        };
}
