using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Tarn.Tests;

/// <summary>Each test has a server of its own: on one that has run the pipeline before, a merge of the same notes commits nothing.</summary>
public sealed class EventStreamTests : IAsyncLifetime
{
    private readonly TestServer _server = new();

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task What_happens_is_told_as_it_happens()
    {
        using var stream = await WatchAsync("/api/v1/events");
        var run = await _server.RunPipelineAsync("write");
        var seen = new List<(string Event, JsonNode Data)>();
        Func<(string Event, JsonNode Data), bool>[] wanted =
        [
            e => e.Event == "run" && (string?)e.Data["state"] == "success" && (string?)e.Data["id"] == (string?)run["id"],
            static e => e.Event == "attempt" && (string?)e.Data["task"] == "produce" && (string?)e.Data["state"] == "success",
            static e => e.Event == "topic" && (string?)e.Data["name"] == "notes" && (long)e.Data["high"]! > 0,
            static e => e.Event == "commit" && (string?)e.Data["table"] == "silver.notes",
        ];

        // Each is told when it happens; what happens at the same moment comes in any order.
        while (!Array.TrueForAll(wanted, w => seen.Exists(e => w(e))))
        {
            seen.Add(await NextAsync(stream).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_client_that_goes_away_leaves_nothing_behind()
    {
        var hub = _server.Host.Services.GetRequiredService<EventHub>();
        var before = hub.WatcherCount;
        using (await WatchAsync("/api/v1/events?types=commit"))
        {
            Assert.Equal(before + 1, hub.WatcherCount);
        }

        // The server learns of it by a write or by the closed connection; until then it holds one small queue.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (hub.WatcherCount > before)
        {
            limit.Token.ThrowIfCancellationRequested();
            await _server.GetAsync("/health/live");
        }
    }

    [Fact]
    public async Task Only_the_kinds_asked_for_come()
    {
        using var stream = await WatchAsync("/api/v1/events?types=status");
        await _server.RunPipelineAsync("write");
        var notices = _server.Host.Services.GetRequiredService<Notices>();
        notices.Set("test", NoticeLevel.Info, "Look.");
        Assert.Equal("status", (await NextAsync(stream)).Event);
        Assert.Equal("Look.", (string?)(await _server.GetAsync("/api/v1/status"))["notices"]![0]!["text"]);
        notices.Clear("test");
    }

    private async Task<StreamReader> WatchAsync(string path)
    {
        var reader = new StreamReader(await _server.Http.GetStreamAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is not ": watching")
        {
        }

        return reader;
    }

    private static async Task<(string Event, JsonNode Data)> NextAsync(StreamReader stream)
    {
        var name = "";
        while (true)
        {
            var line = await stream.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new EndOfStreamException();
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line[7..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return (name, JsonNode.Parse(line[6..])!);
            }
        }
    }
}
