using Microsoft.Extensions.DependencyInjection;
using Tarn.Pipelines;
using Xunit;

namespace Tarn.Tests;

/// <summary>The program in the README is one: it compiles, runs, and its table holds the newest of each key.</summary>
public sealed class ReadmeTests : IAsyncLifetime
{
    private readonly TestServer _server = new() { Program = Create };

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task The_program_of_the_readme_merges_its_topic_into_its_table()
    {
        Assert.Equal("success", (string?)(await _server.RunPipelineAsync("readings"))["state"]);
        Assert.Equal("success", (string?)(await _server.RunPipelineAsync("readings"))["state"]);
        var rows = await _server.PostAsync("/api/v1/query", """{"sql": "select sensor, degrees from silver.readings order by sensor"}""");
        Assert.Equal("""[["north",4.5],["south",21]]""", rows["rows"]!.ToJsonString());
        var history = await _server.PostAsync("/api/v1/query", """{"sql": "select count(*) from silver.readings_history"}""");
        Assert.Equal("[[3]]", history["rows"]!.ToJsonString());
    }

    private static TarnAppBuilder Create(string[] args)
    {
        var tarn = TarnApp.CreateBuilder(args);
        tarn.Services.AddSingleton<SensorClient>();

        var feed = tarn.AddTopic<Reading>("readings", key: r => r.Sensor);
        var current = tarn.AddTable<Reading>("silver.readings", t => t
            .Key(r => r.Sensor).Newest(r => r.MeasuredAt).History(r => r.MeasuredAt));

        tarn.AddPipeline("readings", p => p
            .Schedule("*/5 * * * *").Retries(2, TimeSpan.FromSeconds(5))
            .Task("fetch", (SensorClient sensors, TaskContext run) => feed.Value.ProduceAsync(sensors.Read(run.DataInterval)))
            .Task("merge", (Lake.Lake lake, TaskContext run) => current.Value.MergeFromAsync(feed.Value, lake, run), after: "fetch"));
        return tarn;
    }

    private sealed record Reading(string Sensor, double Degrees, DateTimeOffset MeasuredAt);

    private sealed class SensorClient
    {
        private static readonly DateTimeOffset Morning = new(2026, 11, 22, 6, 0, 0, TimeSpan.Zero);

        public IReadOnlyList<Reading> Read(DataInterval interval)
        {
            Assert.True(interval.End > interval.Start);
            return [new("north", 4.5, Morning.AddHours(1)), new("north", 2, Morning), new("south", 21, Morning)];
        }
    }
}
