using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Views of the lake: stored queries that other queries name.</summary>
public sealed class ViewTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_view_is_read_like_a_table_shows_what_its_tables_hold_now_and_is_seen_by_other_programs()
    {
        await using var lakes = new Lakes();
        var lake = lakes.Open();
        var table = await NumbersAsync(lake, 1, 2, 3);
        await SaveAsync(lake, "gold.even", "SELECT n FROM silver.numbers WHERE n % 2 = 0 -- with a comment");
        await SaveAsync(lake, "gold.even_twice", "SELECT a.n AS n FROM gold.even a, gold.even b");
        Assert.Equal([2L], await LongsAsync(lake, "SELECT n FROM gold.even"));
        await table.AppendAsync([new Number(4)], cancellationToken: Cancellation);
        Assert.Equal([2L, 4L], await LongsAsync(lake, "SELECT n FROM gold.even ORDER BY n"));
        Assert.Equal([2L], await LongsAsync(lake, "SELECT n FROM gold.even ORDER BY n", new QueryOptions { AsOf = AsOf.Version(1) }));
        Assert.Equal([4L], await LongsAsync(lake, "SELECT count(*) FROM gold.even_twice"));

        var other = lakes.Open();
        Assert.Equal([6L], await LongsAsync(other, "SELECT CAST(sum(e.n) AS BIGINT) FROM gold.even e JOIN silver.numbers USING (n)"));
        Assert.Equal(["gold.even", "gold.even_twice"], (await other.ListViewsAsync(Cancellation)).Select(static v => v.ToString()));
        Assert.Equal(["silver.numbers"], (await other.ListTablesAsync(Cancellation)).Select(static v => v.ToString()));
        await using var result = await other.Sql.QueryAsync("SELECT * FROM gold.even_twice", cancellationToken: Cancellation);
        Assert.Equal(["silver.numbers"], result.Versions.Keys);
    }

    [Fact]
    public async Task A_changed_view_shows_its_new_columns_and_a_dropped_one_is_gone()
    {
        await using var lakes = new Lakes();
        var lake = lakes.Open();
        await NumbersAsync(lake, 7);
        await SaveAsync(lake, "gold.v", "SELECT n FROM silver.numbers");
        await SaveAsync(lake, "gold.w", "SELECT * FROM gold.v");
        Assert.Equal([7L], await LongsAsync(lake, "SELECT * FROM gold.w"));
        await SaveAsync(lake, "gold.v", "SELECT n + 1 AS m, 'x' AS t FROM silver.numbers");
        Assert.Equal([8L], await LongsAsync(lake, "SELECT m FROM gold.w WHERE t = 'x'"));
        await lake.DropViewAsync("gold.v", Cancellation);
        var error = await Assert.ThrowsAsync<TarnException>(() => LongsAsync(lake, "SELECT * FROM gold.w"));
        Assert.Contains("gold.v", error.Message, StringComparison.Ordinal);
        Assert.Contains("gold.w", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Views_that_read_themselves_tables_names_and_hostile_definitions_are_refused()
    {
        await using var lakes = new Lakes();
        var lake = lakes.Open();
        await NumbersAsync(lake, 1);
        await SaveAsync(lake, "gold.a", "SELECT n FROM gold.b");
        await SaveAsync(lake, "gold.b", "SELECT n FROM gold.a");
        Assert.Contains("gold.a → gold.b → gold.a", (await Assert.ThrowsAsync<TarnException>(() => LongsAsync(lake, "SELECT * FROM gold.a"))).Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => SaveAsync(lake, "silver.numbers", "SELECT 1 AS n"))).Kind);

        await SaveAsync(lake, "gold.evil", "SELECT * FROM read_csv('/etc/passwd')");
        await Assert.ThrowsAsync<TarnException>(() => LongsAsync(lake, "SELECT * FROM gold.evil"));
        await SaveAsync(lake, "gold.evil", "SELECT 1 AS n; DROP SCHEMA gold CASCADE");
        await Assert.ThrowsAsync<TarnException>(() => LongsAsync(lake, "SELECT * FROM gold.evil"));
        foreach (var text in new[] { "", "{", "[]", "{\"format\": 1}", "{\"format\": 2, \"sql\": \"SELECT 1\", \"schema\": {}}", "{\"format\": 1, \"sql\": 3, \"schema\": 4}" })
        {
            await lakes.Local.PutAsync("gold/evil/_view/definition.json", System.Text.Encoding.UTF8.GetBytes(text), Cancellation);
            Assert.IsType<TarnException>(await Record.ExceptionAsync(() => LongsAsync(lake, "SELECT * FROM gold.evil")));
        }
    }

    private static async Task<LakeTable> NumbersAsync(Lake lake, params IEnumerable<long> numbers)
    {
        var table = await lake.EnsureTableAsync(new TableDefinition("silver.numbers", RowMapping<Number>.Instance.Schema), Cancellation);
        await table.AppendAsync([.. numbers.Select(static n => new Number(n))], cancellationToken: Cancellation);
        return table;
    }

    private static Task SaveAsync(Lake lake, string name, string sql) => lake.SaveViewAsync(new LakeView(name, sql, new TableSchema([new Column("n", ColumnType.Long)])), Cancellation);

    private static async Task<List<long>> LongsAsync(Lake lake, string sql, QueryOptions? options = null)
    {
        await using var result = await lake.Sql.QueryAsync(sql, options, Cancellation);
        return [.. (await result.ToListAsync(Cancellation)).Select(static r => Convert.ToInt64(r[0], System.Globalization.CultureInfo.InvariantCulture))];
    }

    private sealed record Number(long N);
}
