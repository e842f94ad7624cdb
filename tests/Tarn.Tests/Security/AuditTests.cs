using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Tests;

public sealed class AuditTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Who_changed_what_with_which_result_is_written_and_reads_and_predictions_are_not()
    {
        await using var server = await SecuredServer.StartAsync();
        var key = await server.KeyAsync("alice", new { role = "admin" });
        var id = key.Split('_')[1];
        await server.StatusAsync(HttpMethod.Post, "/api/v1/door/anything", key);
        await server.StatusAsync(HttpMethod.Post, "/api/v1/door/fail", key);
        await server.StatusAsync(HttpMethod.Delete, "/api/v1/keys/none", key);
        await server.StatusAsync(HttpMethod.Get, "/api/v1/pipelines", key);
        await server.StatusAsync(HttpMethod.Post, "/v1/endpoints/e/predict", key, new { });
        await server.StatusAsync(HttpMethod.Post, "/api/v1/query", key, new { sql = "select 1" });
        var (status, entries) = await server.AskAsync(HttpMethod.Get, $"/api/v1/audit?who={id}", server.Host.LocalKey);
        Assert.Equal(200, status);
        Assert.Equal(
            ["DELETE /api/v1/keys/none 404", "POST /api/v1/door/fail 500", "POST /api/v1/door/anything 200"],
            entries!.AsArray().Select(static e => $"{e!["method"]} {e["path"]} {e["status"]}"));
        Assert.All(entries.AsArray(), e => Assert.Equal(("alice", "key", "127.0.0.1"), ((string?)e!["whoName"], (string?)e["via"], (string?)e["remote"])));
        var all = await server.AuditAsync();
        Assert.Contains(all, static e => (string?)e!["path"] == "/api/v1/keys" && (string?)e["who"] == "local" && (int?)e["status"] == 201);
        var last = (long)all[0]!["seq"]!;
        var (_, page) = await server.AskAsync(HttpMethod.Get, $"/api/v1/audit?limit=1&before={last}", server.Host.LocalKey);
        Assert.Equal(last - 1, (long)Assert.Single(page!.AsArray())!["seq"]!);
    }

    [Fact]
    public async Task Refusals_are_counted_together()
    {
        await using var server = await SecuredServer.StartAsync();
        for (var i = 0; i < 25; i++)
        {
            Assert.Equal(401, await server.StatusAsync(HttpMethod.Get, $"/api/v1/runs/{i}", "tarn_abc_def"));
        }

        var viewer = await server.KeyAsync("v", new { role = "viewer" });
        await server.StatusAsync(HttpMethod.Post, "/api/v1/door/anything", viewer);
        var entries = await server.AuditAsync();
        var refused = entries.Where(static e => (int?)e!["status"] == 401).ToList();
        Assert.Equal(25, refused.Sum(static e => (long)e!["times"]!));
        Assert.InRange(refused.Count, 1, 2); // two where the machine was slow, and the first were written meanwhile
        Assert.Equal(("GET", "/api/v1/runs/0"), ((string?)refused[^1]!["method"], (string?)refused[^1]!["path"]));
        Assert.Contains("no such key", (string?)refused[^1]!["detail"], StringComparison.Ordinal);
        Assert.Equal("v", (string?)Assert.Single(entries, static e => (int?)e!["status"] == 403)!["whoName"]);
    }

    [Fact]
    public async Task Requests_beyond_a_rate_or_a_quota_are_counted_together_too()
    {
        await using var server = await SecuredServer.StartAsync();
        var slow = await server.KeyAsync("slow", new { verbs = new[] { "predict" }, ratePerSecond = 0.001, burst = 1 });
        var few = await server.KeyAsync("few", new { role = "viewer", requestsPerDay = 1 });
        Assert.Equal(404, await server.StatusAsync(HttpMethod.Post, "/v1/models/m:predict", slow, new { }));
        Assert.Equal(200, await server.StatusAsync(HttpMethod.Get, "/api/v1/door/who", few));
        for (var i = 0; i < 25; i++)
        {
            Assert.Equal(429, await server.StatusAsync(HttpMethod.Post, "/v1/models/m:predict", slow, new { }));
            Assert.Equal(429, await server.StatusAsync(HttpMethod.Get, "/api/v1/door/who", few));
        }

        var refused = (await server.AuditAsync()).Where(static e => (int?)e!["status"] == 429).ToLookup(static e => (string?)e!["whoName"]);
        Assert.Equal(["few", "slow"], refused.Select(static r => r.Key).Order());
        foreach (var (name, path, detail) in new[] { ("slow", "/v1/models/m:predict", "requests a second"), ("few", "/api/v1/door/who", "requests a day") })
        {
            Assert.Equal(25, refused[name].Sum(static e => (long)e!["times"]!));
            Assert.InRange(refused[name].Count(), 1, 2); // as above
            Assert.All(refused[name], e => Assert.Equal((path, "key", "127.0.0.1"), ((string?)e!["path"], (string?)e["via"], (string?)e["remote"])));
            Assert.All(refused[name], e => Assert.Contains(detail, (string?)e!["detail"], StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Very_many_kinds_of_refusals_are_few_rows()
    {
        using var journal = new SecurityJournal();
        var tally = new RefusalTally(journal);
        for (var i = 0; i < 10_000; i++)
        {
            tally.Count(Entry() with { Remote = $"10.0.{i / 256}.{i % 256}", Status = 401 });
        }

        var rows = tally.Take();
        Assert.InRange(rows.Count, 1, 33);
        Assert.Equal(10_000, rows.Sum(static r => r.Times));
        Assert.True(tally.IsEmpty);
    }

    [Fact]
    public async Task Equal_changes_that_wait_together_are_one_entry_and_old_ones_go()
    {
        await using var world = await KeyWorld.OpenAsync(_folder);
        using var journal = new SecurityJournal();
        var audit = new AuditLog(world.Store, new RefusalTally(journal), world.Plan, _time, NullLogger<AuditLog>.Instance);
        for (var i = 0; i < 10; i++)
        {
            await audit.AddAsync(Entry() with { Until = _time.GetUtcNow().AddSeconds(i) });
        }

        await audit.AddAsync(Entry() with { Path = new string('x', 600) + '\0' });
        var running = audit.RunAsync(Cancellation);
        await audit.FlushAsync(Cancellation);
        var entries = await audit.ListAsync(null, null, 100, Cancellation);
        Assert.Equal([1, 10], entries.Select(static e => e.Times));
        Assert.Equal(_time.GetUtcNow().AddSeconds(9), entries[1].Until);
        Assert.Equal(500, entries[0].Path.Length);

        _time.Advance(TimeSpan.FromDays(400) + TimeSpan.FromSeconds(1));
        await audit.AddAsync(Entry());
        await audit.FlushAsync(Cancellation);
        await audit.PruneAsync(Cancellation);
        Assert.Single(await audit.ListAsync(null, null, 100, Cancellation));
        audit.Complete();
        await running;
    }

    private AuditEntry Entry() => new() { At = _time.GetUtcNow(), Until = _time.GetUtcNow(), Who = "k", Method = "POST", Path = "/p", Status = 200, Remote = "::1" };
}
