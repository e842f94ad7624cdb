using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Incremental models: what is merged, what is left alone, and late data.</summary>
public sealed class IncrementalModelTests
{
    private const string Days = "SELECT CAST(o.placed AS DATE) AS day, count(*) AS orders FROM silver.orders o GROUP BY 1";
    private const string Newest = "SELECT o.id AS id, o.place AS place, o.placed AS placed FROM silver.orders o";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_are_merged_by_key_and_equal_ones_are_left_alone()
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "Bergen", 5, 1), Order.Of("b", "Bergen", 5, 2));
        var runner = await RunnerAsync(lakes, "unique_key: day", Days);
        Assert.Equal((ModelAction.Replaced, 2), await GoAsync(runner));
        await lakes.Orders.AppendAsync([Order.Of("c", "Bergen", 5, 2), Order.Of("d", "Bergen", 5, 3)], cancellationToken: Cancellation);
        Assert.Equal((ModelAction.Merged, 2), await GoAsync(runner));
        Assert.Equal("2026-11-01,1 2026-11-02,2 2026-11-03,1", await lakes.TextAsync("SELECT * FROM gold.t ORDER BY day"));

        // Rows that the query gives no more stay: that is what a full refresh is for.
        await lakes.Orders.OverwriteAsync([Order.Of("d", "Bergen", 5, 3)], cancellationToken: Cancellation);
        Assert.Equal((ModelAction.Unchanged, 0), await GoAsync(runner));
        Assert.Equal("3", await lakes.TextAsync("SELECT count(*) FROM gold.t"));
        var version = (await lakes.Lake.Table("gold.t").SnapshotAsync(cancellationToken: Cancellation)).Version;
        Assert.Equal((ModelAction.Unchanged, 0), await GoAsync(runner));
        Assert.Equal(version, (await lakes.Lake.Table("gold.t").SnapshotAsync(cancellationToken: Cancellation)).Version);
        Assert.Equal((ModelAction.Replaced, 1), await GoAsync(runner, full: true));
        Assert.Equal("2026-11-03,1", await lakes.TextAsync("SELECT * FROM gold.t ORDER BY day"));
    }

    [Theory]
    [InlineData("", "2026-11-10,1 2026-11-12,1 2026-11-20,2")]
    [InlineData("\nlookback: 7d", "2026-11-10,1 2026-11-12,1 2026-11-14,1 2026-11-20,2")]
    [InlineData("\nlookback: 8d", "2026-11-10,1 2026-11-12,2 2026-11-14,1 2026-11-20,2")]
    public async Task Only_rows_from_the_watermark_on_less_the_lookback_are_merged(string lookback, string expected)
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "x", 1, 10), Order.Of("b", "x", 1, 12), Order.Of("c", "x", 1, 20));
        var runner = await RunnerAsync(lakes, $"unique_key: day\nwatermark: day{lookback}", Days);
        await GoAsync(runner);
        await lakes.Orders.AppendAsync([Order.Of("d", "x", 1, 12), Order.Of("e", "x", 1, 14), Order.Of("f", "x", 1, 20)], cancellationToken: Cancellation);
        await GoAsync(runner);
        Assert.Equal(expected, await lakes.TextAsync("SELECT * FROM gold.t ORDER BY day"));
        await GoAsync(runner, full: true);
        Assert.Equal("2026-11-10,1 2026-11-12,2 2026-11-14,1 2026-11-20,2", await lakes.TextAsync("SELECT * FROM gold.t ORDER BY day"));
    }

    [Fact]
    public async Task A_model_that_names_its_event_time_tells_which_it_touched()
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "x", 1, 10), Order.Of("b", "x", 1, 12));
        var runner = await RunnerAsync(lakes, "unique_key: id\nevent_time: placed", Newest);
        await GoAsync(runner);
        await lakes.Orders.AppendAsync([Order.Of("c", "x", 1, 13)], cancellationToken: Cancellation);
        await GoAsync(runner);
        var commits = await lakes.Lake.TouchedSinceAsync("gold.t", -1, cancellationToken: Cancellation);
        var minute = TimeSpan.FromMinutes(1);
        DateTimeOffset[] first = [Order.Of("a", "x", 1, 10).Placed, Order.Of("b", "x", 1, 12).Placed], second = [Order.Of("c", "x", 1, 13).Placed];
        Assert.Equal(first.Select(t => new EventSpan(t, t + minute)), commits[0].Touched!.Spans);
        Assert.Equal(second.Select(t => new EventSpan(t, t + minute)), commits[^1].Touched!.Spans);
        await GoAsync(runner, full: true);
        Assert.True((await lakes.Lake.TouchedSinceAsync("gold.t", commits[^1].Version, cancellationToken: Cancellation))[0].Touched!.IsCoarse);
        Assert.Equal(["gold.t.sql:5: An event time is a timestamp or a day; `place` has type string."], await lakes.ErrorsAsync(ModelLakes.File("gold.t", "materialized: incremental\nunique_key: id\nevent_time: place", Newest)));
    }

    [Fact]
    public async Task An_older_version_of_a_row_does_not_replace_a_newer_one()
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "new", 1, 10, 5), Order.Of("b", "old", 1, 10, 1));
        var runner = await RunnerAsync(lakes, "unique_key: id\nwatermark: placed\nlookback: 36h", Newest);
        await GoAsync(runner);
        await lakes.Orders.OverwriteAsync([Order.Of("a", "older", 1, 9, 22), Order.Of("b", "newer", 1, 10, 3), Order.Of("c", "late", 1, 9, 0)], cancellationToken: Cancellation);
        Assert.Equal((ModelAction.Merged, 2), await GoAsync(runner));
        Assert.Equal("a,new b,newer c,late", await lakes.TextAsync("SELECT id, place FROM gold.t ORDER BY id"));
    }

    [Fact]
    public async Task Two_rows_of_one_key_and_keys_without_a_value_are_never_published()
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "x", 1, 10));
        var runner = await RunnerAsync(lakes, "unique_key: place", Newest);
        await GoAsync(runner);
        await lakes.Orders.AppendAsync([Order.Of("b", "y", 1, 11), Order.Of("c", "y", 1, 11), Order.Of("d", null, 1, 11)], cancellationToken: Cancellation);
        var error = await Assert.ThrowsAsync<TarnException>(() => GoAsync(runner));
        Assert.Contains("unique(place): 2 rows fail, for example place=y, rows=2", error.Message, StringComparison.Ordinal);
        Assert.Contains("not_null(place): 1 row fails", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<TarnException>(() => GoAsync(runner, full: true));
        Assert.Equal("a", await lakes.TextAsync("SELECT id FROM gold.t"));
    }

    [Fact]
    public async Task Rules_between_rows_are_tested_on_the_rows_that_there_will_be_and_new_rules_on_the_old_rows_too()
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "Bergen", 1, 10), Order.Of("b", "Oslo", 1, 10));
        await GoAsync(await RunnerAsync(lakes, "unique_key: id\ntests:\n  - unique: [place]", Newest));
        await lakes.Orders.OverwriteAsync([Order.Of("c", "Oslo", 1, 11)], cancellationToken: Cancellation);
        var error = await Assert.ThrowsAsync<TarnException>(async () => await GoAsync(await RunnerAsync(lakes, "unique_key: id\ntests:\n  - unique: [place]", Newest)));
        Assert.Contains("unique(place): 2 rows fail, for example place=Oslo, rows=2", error.Message, StringComparison.Ordinal);

        // A row moves out of the way in the same merge.
        await lakes.Orders.OverwriteAsync([Order.Of("c", "Oslo", 1, 11), Order.Of("b", "Tromsø", 1, 11)], cancellationToken: Cancellation);
        Assert.Equal((ModelAction.Merged, 2), await GoAsync(await RunnerAsync(lakes, "unique_key: id\ntests:\n  - unique: [place]", Newest)));
        var newRule = await Assert.ThrowsAsync<TarnException>(async () => await GoAsync(
            await RunnerAsync(lakes, "unique_key: id\ntests:\n  - accepted_values: {columns: [place], values: [Oslo, Tromsø]}", Newest)));
        Assert.Contains("id=a, place=Bergen", newRule.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_partitioned_table_keeps_its_partitions()
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "Bergen", 1, 10), Order.Of("b", null, 1, 11));
        var runner = await RunnerAsync(lakes, "unique_key: id\npartition_by: [place]", Newest);
        await GoAsync(runner);
        await lakes.Orders.AppendAsync([Order.Of("c", "Å/ =", 1, 12), Order.Of("d", "Bergen", 1, 12)], cancellationToken: Cancellation);
        await GoAsync(runner);
        var snapshot = await lakes.Lake.Table("gold.t").SnapshotAsync(cancellationToken: Cancellation);
        Assert.Equal(["-", "Bergen", "Å/ ="], snapshot.Files.Select(static f => f.PartitionValues["place"] ?? "-").Distinct().Order(StringComparer.Ordinal));
        Assert.Equal("a,Bergen b,null c,Å/ = d,Bergen", await lakes.TextAsync("SELECT id, place FROM gold.t ORDER BY id"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task After_any_changes_in_any_order_the_newest_version_of_each_row_is_there(int seed)
    {
        var random = new Random(seed);
        await using var lakes = await ModelLakes.OpenAsync();
        var runner = await RunnerAsync(lakes, "unique_key: id\nwatermark: placed\nlookback: 10d", Newest);
        var newest = new Dictionary<string, Order>(StringComparer.Ordinal);
        for (var round = 0; round < 12; round++)
        {
            // What a source says now: some rows again, some older, some newer, days late at most as many as the lookback.
            var now = Enumerable.Range(0, random.Next(1, 9)).Select(_ => $"r{random.Next(12)}").Distinct()
                .Select(id => Order.Of(id, $"{round}", 1, 5 + Math.Max(0, round - random.Next(9)), random.Next(24))).ToList();
            await lakes.Orders.OverwriteAsync(now, cancellationToken: Cancellation);
            await GoAsync(runner);
            foreach (var row in now.Where(r => !newest.TryGetValue(r.Id, out var old) || r.Placed >= old.Placed))
            {
                newest[row.Id] = row;
            }

            var expected = string.Join(' ', newest.Values.OrderBy(static r => r.Id, StringComparer.Ordinal).Select(static r => $"{r.Id},{r.Place},{r.Placed.UtcDateTime:yyyy-MM-dd'T'HH:mm}"));
            var actual = await lakes.TextAsync("SELECT id, place, placed FROM gold.t ORDER BY id");
            Assert.True(expected == actual, $"Seed {seed}, round {round}: {actual} instead of {expected}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_crash_while_a_changed_model_merges_the_same_run_finishes_it(bool afterEffect)
    {
        for (var at = 0; ; at++)
        {
            await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "Bergen", 5, 1), Order.Of("b", "Oslo", 5, 2));
            await GoAsync(await RunnerAsync(lakes, "unique_key: id", Newest), new AppTransaction("models/p/t", 1));
            await lakes.Orders.AppendAsync([Order.Of("c", "Narvik", 7, 3)], cancellationToken: Cancellation);
            const string wider = "SELECT o.id AS id, o.place AS place, o.placed AS placed, o.amount AS amount FROM silver.orders o";
            var store = ModelRunnerTests.Crashing(lakes.Lakes.Local, at, afterEffect);
            var crashed = await Record.ExceptionAsync(async () =>
                await GoAsync(await RunnerAsync(lakes, "unique_key: id", wider, lakes.Open(store)), new AppTransaction("models/p/t", 2)));
            var runner = await RunnerAsync(lakes, "unique_key: id", wider, lakes.Open());
            await GoAsync(runner, new AppTransaction("models/p/t", 2));
            Assert.Equal("a,Bergen,5 b,Oslo,5 c,Narvik,7", await lakes.TextAsync("SELECT id, place, amount FROM gold.t ORDER BY id"));
            Assert.Equal(runner.Models.Get("gold.t").Hash, (await lakes.Lake.Table("gold.t").SnapshotAsync(cancellationToken: Cancellation)).Properties["tarn.model"]);
            Assert.Equal((ModelAction.Unchanged, 0), await GoAsync(runner));
            if (crashed is null)
            {
                Assert.True(at > 2, "Hardly any write was reached.");
                return;
            }
        }
    }

    [Fact]
    public async Task Another_writers_commit_in_between_is_seen()
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "Bergen", 1, 10));
        var runner = await RunnerAsync(lakes, "unique_key: id", Newest);
        await GoAsync(runner);
        var other = await RunnerAsync(lakes, "unique_key: id", Newest, lakes.Open());
        await lakes.Orders.AppendAsync([.. Enumerable.Range(0, 200).Select(static i => Order.Of($"n{i:000}", "Oslo", i, 11))], cancellationToken: Cancellation);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => GoAsync(i % 2 == 0 ? runner : other)));
        Assert.Equal("201,201", await lakes.TextAsync("SELECT count(*), count(DISTINCT id) FROM gold.t"));
    }

    private static async Task<ModelRunner> RunnerAsync(ModelLakes lakes, string header, string sql, Lake? lake = null) =>
        new(lake ?? lakes.Lake, await SqlModelSet.LoadAsync(lake ?? lakes.Lake, [ModelLakes.File("gold.t", $"materialized: incremental\n{header}", sql)], Cancellation));

    private static Task<(ModelAction, long)> GoAsync(ModelRunner runner, AppTransaction run) => GoAsync(runner, new ModelRunOptions { Run = run });

    private static Task<(ModelAction, long)> GoAsync(ModelRunner runner, bool full = false) => GoAsync(runner, new ModelRunOptions { FullRefresh = full });

    private static async Task<(ModelAction, long)> GoAsync(ModelRunner runner, ModelRunOptions options)
    {
        var result = await runner.RunAsync("gold.t", options, Cancellation);
        return (result.Action, result.Rows);
    }
}
