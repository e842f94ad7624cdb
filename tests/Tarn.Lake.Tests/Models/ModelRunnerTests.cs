using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>What running models does to tables.</summary>
public sealed class ModelRunnerTests
{
    private const string Daily = "SELECT CAST(o.placed AS DATE) AS day, count(*) AS orders, sum(CAST(o.amount AS DOUBLE)) AS amount FROM silver.orders o GROUP BY 1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_table_is_replaced_in_one_commit_with_columns_comments_and_what_it_follows_from()
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "Bergen", 5, 1), Order.Of("b", "Bergen", 7, 1), Order.Of("c", "Tromsø", 1, 2));
        var models = await lakes.LoadAsync(ModelLakes.File(
            "gold.daily", "description: Orders per day.\nmaterialized: table\ncolumns:\n  - name: day\n    description: The day.\n    tests: [unique, not_null]", Daily));
        var runner = new ModelRunner(lakes.Lake, models);
        var result = await runner.RunAsync("gold.daily", Run(1), Cancellation);
        Assert.Equal((ModelAction.Replaced, 0L, 2L), (result.Action, result.Version, result.Rows));
        Assert.Equal("2026-11-01,2,12 2026-11-02,1,1", await lakes.TextAsync("SELECT * FROM gold.daily ORDER BY day"));
        var snapshot = await lakes.Lake.Table("gold.daily").SnapshotAsync(cancellationToken: Cancellation);
        Assert.Equal("Orders per day.", snapshot.Description);
        Assert.Equal("The day.", snapshot.Schema.Find("day")!.Description);
        Assert.Equal(["input:silver.orders=1", "models/test/t=1"], snapshot.Transactions.Select(static t => $"{t.AppId}={t.Version}"));

        await lakes.Orders.AppendAsync([Order.Of("d", "Bergen", 3, 2)], cancellationToken: Cancellation);
        Assert.Equal((ModelAction.Replaced, 1L), await Outcome(runner, "gold.daily", Run(2)));
        Assert.Equal("2026-11-01,2,12 2026-11-02,2,4", await lakes.TextAsync("SELECT * FROM gold.daily ORDER BY day"));
        Assert.Equal((ModelAction.Unchanged, 1L), await Outcome(runner, "gold.daily", Run(3)));
    }

    [Fact]
    public async Task A_run_that_wrote_already_does_nothing_when_it_is_run_again_and_an_older_one_brings_nothing_back()
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "Bergen", 5, 1));
        var runner = new ModelRunner(lakes.Lake, await lakes.LoadAsync(ModelLakes.File("gold.daily", "materialized: table", Daily)));
        Assert.Equal((ModelAction.Replaced, 0L), await Outcome(runner, "gold.daily", Run(7)));
        Assert.Equal((ModelAction.Unchanged, 0L), await Outcome(runner, "gold.daily", Run(7)));
        await lakes.Orders.AppendAsync([Order.Of("b", "Bergen", 1, 1)], cancellationToken: Cancellation);
        Assert.Equal((ModelAction.Replaced, 1L), await Outcome(runner, "gold.daily", Run(3)));
        Assert.Equal(7, (await lakes.Lake.Table("gold.daily").SnapshotAsync(cancellationToken: Cancellation)).TransactionVersion("models/test/t"));
        Assert.Equal((ModelAction.Unchanged, 1L), await Outcome(runner, "gold.daily", Run(7)));
        Assert.Equal((ModelAction.Replaced, 2L), await Outcome(runner, "gold.daily", new ModelRunOptions { FullRefresh = true }));
        Assert.Equal((ModelAction.Replaced, 3L), await Outcome(runner, "gold.daily", new ModelRunOptions { FullRefresh = true }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_crash_at_any_write_to_the_store_the_same_run_leaves_the_rows_once(bool afterEffect)
    {
        for (var at = 0; ; at++)
        {
            await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "Bergen", 5, 1), Order.Of("b", "Bergen", 5, 2));
            (string, string)[] files =
            [
                ModelLakes.File("gold.table", "materialized: table\npartition_by: day", Daily),
                ModelLakes.File("gold.merged", "materialized: incremental\nunique_key: day", Daily),
                ModelLakes.File("gold.seen", "materialized: view", "SELECT m.day AS day FROM gold.merged m"),
            ];
            await RunAllAsync(lakes.Lake, files, 1);
            await lakes.Orders.AppendAsync([Order.Of("c", "Tromsø", 2, 2), Order.Of("d", "Tromsø", 2, 3)], cancellationToken: Cancellation);
            var store = Crashing(lakes.Lakes.Local, at, afterEffect);
            var crashed = await Record.ExceptionAsync(() => RunAllAsync(lakes.Open(store), files, 2));
            await RunAllAsync(lakes.Open(), files, 2);
            const string expected = "2026-11-01,1,5 2026-11-02,2,7 2026-11-03,1,2";
            Assert.Equal(expected, await lakes.TextAsync("SELECT * FROM gold.table ORDER BY day"));
            Assert.Equal(expected, await lakes.TextAsync("SELECT * FROM gold.merged ORDER BY day"));
            Assert.Equal("3", await lakes.TextAsync("SELECT count(*) FROM gold.seen"));
            foreach (var name in (string[])["gold.table", "gold.merged"])
            {
                // The crashed run's commit, if it landed, and one more; never a third for the same rows.
                Assert.Equal(1, (await lakes.Lake.Table(name).SnapshotAsync(cancellationToken: Cancellation)).Version);
            }

            if (crashed is null)
            {
                Assert.True(at > 4, "Hardly any write was reached.");
                return;
            }
        }
    }

    [Fact]
    public async Task Rows_that_fail_a_test_are_not_published_and_the_failing_ones_are_shown()
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "Bergen", 5, 1), Order.Of("b", "Tromsø", 7, 1));
        var file = ModelLakes.File("gold.copy", """
            materialized: table
            columns:
              - name: id
                tests: [unique, not_null]
              - name: place
                tests:
                  - not_null: {severity: warn}
                  - accepted_values: [Bergen, Tromsø]
                  - relationships: {to: gold.places, field: name}
              - name: amount
                tests:
                  - accepted_values: {values: ["5.0", "7.0"], severity: warn}
            tests:
              - unique: [place, placed]
            """, "SELECT * FROM silver.orders");
        var runner = new ModelRunner(lakes.Lake, await lakes.LoadAsync(file, ModelLakes.File("gold.places", "materialized: table", "SELECT v.name AS name FROM (VALUES ('Bergen'), ('Tromsø'), ('Oslo')) AS v(name)")));
        await runner.RunAsync("gold.places", Run(1), Cancellation);
        Assert.All((await runner.RunAsync("gold.copy", Run(1), Cancellation)).Tests, static t => Assert.Equal(0, t.FailingRows));

        await lakes.Orders.AppendAsync([Order.Of("a", "Oslo", 5, 3), Order.Of("c", null, 99, 4), Order.Of("d", "Narvik", 1, 5), Order.Of("e", "Bergen", 5, 1)], cancellationToken: Cancellation);
        var error = await Assert.ThrowsAsync<TarnException>(() => runner.RunAsync("gold.copy", Run(2), Cancellation));
        Assert.Equal(
            [
                "unique(id): 2 rows fail, for example id=a, rows=2",
                "accepted_values(place in Bergen, Tromsø): 2 rows fail, for example place=Narvik; place=Oslo",
                "relationships(place in gold.places(name)): 1 row fails, for example place=Narvik",
                "unique(place, placed): 2 rows fail, for example place=Bergen, placed=2026-11-01T00:00:00Z, rows=2",
            ],
            error.Message.Split('\n').Skip(1).Select(static l => l.Trim().Replace(" Mend the rows where they come from, or the model; a test of `severity: warn` lets them through and tells of them.", "", StringComparison.Ordinal)));
        Assert.Equal("2", await lakes.TextAsync("SELECT count(*) FROM gold.copy"));
        Assert.Equal(0, (await lakes.Lake.Table("gold.copy").SnapshotAsync(cancellationToken: Cancellation)).Version);
        Assert.Empty(Directory.Exists(lakes.Lake.Options.TemporaryFolder) ? Directory.GetFiles(lakes.Lake.Options.TemporaryFolder, "model-*") : []);

        await lakes.Orders.OverwriteAsync([Order.Of("a", "Bergen", 5, 1), Order.Of("c", null, 99, 4)], cancellationToken: Cancellation);
        var told = await runner.RunAsync("gold.copy", Run(3), Cancellation);
        Assert.Equal(
            ["accepted_values(amount in 5.0, 7.0): 1 row fails, for example amount=99", "not_null(place): 1 row fails, for example place=null"],
            told.Tests.Where(static t => t.FailingRows > 0).Select(static t => t.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal("2", await lakes.TextAsync("SELECT count(*) FROM gold.copy"));
    }

    [Fact]
    public async Task A_view_is_stored_when_its_tests_pass_and_read_by_other_models_and_queries()
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "Bergen", 5, 1), Order.Of("b", null, 7, 1));
        (string, string) View(string where) => ModelLakes.File("gold.known", "description: With a place.\nmaterialized: view\ncolumns:\n  - name: place\n    tests: [not_null]", $"SELECT * FROM silver.orders o{where}");
        var table = ModelLakes.File("gold.places", "materialized: table", "SELECT k.place AS place, count(*) AS n FROM gold.known k GROUP BY 1");
        var broken = new ModelRunner(lakes.Lake, await lakes.LoadAsync(View(""), table));
        await Assert.ThrowsAsync<TarnException>(() => broken.RunAsync("gold.known", null, Cancellation));
        Assert.Empty(await lakes.Lake.ListViewsAsync(Cancellation));

        var good = new ModelRunner(lakes.Lake, await lakes.LoadAsync(View(" WHERE o.place IS NOT NULL"), table));
        Assert.Equal(ModelAction.ViewStored, (await good.RunAsync("gold.known", null, Cancellation)).Action);
        Assert.Equal(ModelAction.Unchanged, (await good.RunAsync("gold.known", null, Cancellation)).Action);
        Assert.Equal("With a place.", (await lakes.Lake.FindViewAsync("gold.known", Cancellation))!.Description);
        Assert.Equal((ModelAction.Replaced, 0L), await Outcome(good, "gold.places", Run(1)));
        Assert.Equal("Bergen,1", await lakes.TextAsync("SELECT * FROM gold.places"));
        Assert.Equal((ModelAction.Unchanged, 0L), await Outcome(good, "gold.places", Run(2)));

        // Another definition of the view is another definition of what reads it.
        var changed = new ModelRunner(lakes.Lake, await lakes.LoadAsync(View(" WHERE o.place IS NOT NULL AND o.amount > 6"), table));
        await changed.RunAsync("gold.known", null, Cancellation);
        Assert.Equal((ModelAction.Replaced, 1L), await Outcome(changed, "gold.places", Run(3)));
        Assert.Equal("", await lakes.TextAsync("SELECT * FROM gold.places"));
        await changed.RunAsync("gold.known", null, Cancellation);

        // A view becomes a table: the table takes the name over.
        var tables = new ModelRunner(lakes.Lake, await lakes.LoadAsync(ModelLakes.File("gold.known", "materialized: table", "SELECT o.id AS id FROM silver.orders o")));
        await tables.RunAsync("gold.known", Run(4), Cancellation);
        Assert.Equal("2", await lakes.TextAsync("SELECT count(*) FROM gold.known"));
        await tables.RunAsync("gold.known", Run(5), Cancellation);
        Assert.Empty(await lakes.Lake.ListViewsAsync(Cancellation));
        Assert.Contains(await lakes.ErrorsAsync(View("")), static e => e.Contains("no view can have its name", StringComparison.Ordinal));
    }

    [Fact]
    public async Task New_columns_come_by_themselves_and_other_changes_want_a_full_refresh()
    {
        await using var lakes = await ModelLakes.OpenAsync(Order.Of("a", "Bergen", 5, 1));
        async Task<(ModelAction, long?)> Go(string header, string sql, bool full = false) =>
            await Outcome(new ModelRunner(lakes.Lake, await lakes.LoadAsync(ModelLakes.File("gold.t", header, sql))), "gold.t", new ModelRunOptions { FullRefresh = full });
        foreach (var header in (string[])["materialized: table", "materialized: incremental\nunique_key: id"])
        {
            await Go(header, "SELECT o.id AS id FROM silver.orders o", full: true);
            Assert.NotEqual(ModelAction.Unchanged, (await Go(header, "SELECT o.amount AS amount, o.id AS id FROM silver.orders o")).Item1);
            Assert.Equal("a,5", await lakes.TextAsync("SELECT id, amount FROM gold.t"));
            await Go(header + "\ncolumns:\n  - name: amount\n    description: In crowns.", "SELECT o.amount AS amount, o.id AS id FROM silver.orders o");
            Assert.Equal("In crowns.", (await lakes.Lake.Table("gold.t").SnapshotAsync(cancellationToken: Cancellation)).Schema.Find("amount")!.Description);

            var lost = await Assert.ThrowsAsync<TarnException>(() => Go(header, "SELECT o.id AS id FROM silver.orders o"));
            Assert.Contains("no column amount any more", lost.Message, StringComparison.Ordinal);
            var typed = await Assert.ThrowsAsync<TarnException>(() => Go(header, "SELECT o.id AS id, CAST(round(o.amount) AS BIGINT) AS amount FROM silver.orders o"));
            Assert.Contains("amount has type double and the query gives long", typed.Message, StringComparison.Ordinal);
            Assert.Contains("--full", typed.Message, StringComparison.Ordinal);
            var partitioned = await Assert.ThrowsAsync<TarnException>(() => Go(header + "\npartition_by: id", "SELECT o.amount AS amount, o.id AS id FROM silver.orders o"));
            Assert.Contains("partitioned by", partitioned.Message, StringComparison.Ordinal);
            Assert.Equal(ModelAction.Replaced, (await Go(header + "\npartition_by: place", "SELECT o.id AS id, o.place AS place, CAST(round(o.amount) AS BIGINT) AS amount FROM silver.orders o", full: true)).Item1);
            var snapshot = await lakes.Lake.Table("gold.t").SnapshotAsync(cancellationToken: Cancellation);
            Assert.Equal(["id", "place", "amount"], snapshot.Schema.Columns.Select(static c => c.Name));
            Assert.Equal(["place"], snapshot.PartitionBy);
            Assert.Equal("a,Bergen,5", await lakes.TextAsync("SELECT * FROM gold.t"));
        }

        var keyed = await Assert.ThrowsAsync<TarnException>(() => Go("materialized: incremental\nunique_key: place\npartition_by: place", "SELECT o.id AS id, o.place AS place, CAST(round(o.amount) AS BIGINT) AS amount FROM silver.orders o"));
        Assert.Contains("its key is (id) and the model's (place)", keyed.Message, StringComparison.Ordinal);
    }

    private static ModelRunOptions Run(long number) => new() { Run = new AppTransaction("models/test/t", number) };

    private static async Task<(ModelAction, long?)> Outcome(ModelRunner runner, string name, ModelRunOptions options)
    {
        var result = await runner.RunAsync(name, options, Cancellation);
        return (result.Action, result.Version);
    }

    // From the given write on, nothing reaches the store any more; that one itself may have.
    internal static FaultyObjectStore Crashing(ObjectStore store, int at, bool afterEffect)
    {
        var writes = -1;
        return new FaultyObjectStore(store, call =>
        {
            var now = call.Writes ? Interlocked.Increment(ref writes) : Volatile.Read(ref writes);
            return now < at ? Fault.None : now == at && call.Writes && afterEffect ? Fault.After : now == at && !call.Writes ? Fault.None : Fault.Before;
        });
    }

    private static async Task RunAllAsync(Lake lake, (string, string)[] files, long number)
    {
        var models = await SqlModelSet.LoadAsync(lake, files, Cancellation);
        var runner = new ModelRunner(lake, models);
        foreach (var model in models.Models)
        {
            await runner.RunAsync(model.Name, Run(number), Cancellation);
        }
    }
}
