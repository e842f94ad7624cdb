using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Queries that are stopped: by their caller, by their time, by memory.</summary>
public sealed class SqlStopTests
{
    private const string Endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range < 0";

    [Fact]
    public async Task A_cancelled_query_stops_and_its_session_serves_the_next()
    {
        await using var lake = new SqlLake();
        for (var i = 0; i < 5; i++)
        {
            using var cancel = new CancellationTokenSource();
            var query = lake.Lake.Sql.QueryAsync(Endless, null, cancel.Token);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => query);
            Assert.Equal("1", await lake.TextAsync("SELECT 1"));
        }
    }

    [Fact]
    public async Task A_query_over_its_time_limit_stops_and_says_the_limit()
    {
        await using var lake = new SqlLake();
        var error = await lake.ErrorAsync(Endless, new QueryOptions { TimeLimit = TimeSpan.FromMilliseconds(50) });
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Equal("00:00:00.0500000", error.Value);
        Assert.Equal("1", await lake.TextAsync("SELECT 1"));
    }

    [Fact]
    public async Task Rows_can_be_cancelled_while_they_are_read()
    {
        await using var lake = new SqlLake();
        using var cancel = new CancellationTokenSource();
        await using var result = await lake.Lake.Sql.QueryAsync("SELECT a.range FROM range(100000000) a", null, cancel.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var row in result.RowsAsync(TestContext.Current.CancellationToken))
            {
                if ((long)row[0]! == 5000)
                {
                    await cancel.CancelAsync();
                }
            }
        });
    }

    [Fact]
    public async Task A_large_result_is_streamed_and_can_be_left_half_read()
    {
        await using var lake = new SqlLake(options: new LakeOptions { DuckDbMemoryBytes = 64 << 20 });
        for (var i = 0; i < 20; i++)
        {
            await using var result = await lake.Lake.Sql.QueryAsync("SELECT range AS x, repeat('x', 100) AS t FROM range(1000000000)", null, TestContext.Current.CancellationToken);
            long seen = 0;
            await foreach (var row in result.RowsAsync(TestContext.Current.CancellationToken))
            {
                Assert.Equal(seen, row[0]);
                if (++seen == 10_000)
                {
                    break;
                }
            }
        }

        Assert.Equal("1", await lake.TextAsync("SELECT 1"));
    }

    [Fact]
    public async Task A_query_past_the_memory_limit_fails_alone()
    {
        await using var lake = new SqlLake(options: new LakeOptions { DuckDbMemoryBytes = 64 << 20 });
        var error = await lake.ErrorAsync("SELECT list(range::VARCHAR || repeat('x', 100)) FROM range(5000000)");
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("DuckDbMemoryBytes", error.Remedy, StringComparison.Ordinal);
        Assert.Equal("1", await lake.TextAsync("SELECT 1"));
    }

    [Fact]
    public async Task What_does_not_fit_memory_spills_where_it_may()
    {
        using var spill = new Tarn.Contracts.TemporaryDirectory();
        await using var lake = new SqlLake(options: new LakeOptions { DuckDbMemoryBytes = 64 << 20, SpillFolder = spill.Path });
        Assert.Equal("1999999", await lake.TextAsync("SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY hash(range)) - 1 AS n, repeat('x', 50) || range FROM range(2000000))"));
    }

    [Fact]
    public async Task Results_left_open_hold_the_next_query_back_until_one_is_disposed()
    {
        await using var lake = new SqlLake();
        var open = new Stack<QueryResult>();
        for (var i = 0; i < 16; i++)
        {
            open.Push(await lake.Lake.Sql.QueryAsync("SELECT 1", null, TestContext.Current.CancellationToken));
        }

        var waiting = lake.TextAsync("SELECT 2");
        Assert.False(waiting.IsCompleted);
        await open.Pop().DisposeAsync();
        Assert.Equal("2", await waiting);
        while (open.TryPop(out var result))
        {
            await result.DisposeAsync();
            await result.DisposeAsync();
        }
    }
}
