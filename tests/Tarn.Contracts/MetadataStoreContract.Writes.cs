using System.Data.Common;
using Dapper;
using Tarn.Core;
using Xunit;

namespace Tarn.Contracts;

public abstract partial class MetadataStoreContract
{
    [Fact]
    public async Task A_write_takes_effect_as_a_whole_or_not_at_all()
    {
        await using var store = await OpenThingsAsync();
        await Assert.ThrowsAsync<NotSupportedException>(() => store.WriteAsync<int>(
            async (connection, transaction) =>
            {
                await InsertAsync(connection, transaction, "half");
                throw new NotSupportedException("the caller's own");
            },
            cancellation: Cancellation));
        Assert.Equal(0, await CountAsync(store));
        Assert.Null(store.Fault);
    }

    [Fact]
    public async Task The_error_of_a_statement_is_the_callers_own()
    {
        await using var store = await OpenThingsAsync();
        await InsertAsync(store, "one");
        await Assert.ThrowsAnyAsync<DbException>(() => InsertAsync(store, "one"));
        Assert.Null(store.Fault);
        await InsertAsync(store, "two");
        Assert.Equal(["one", "two"], await NamesAsync(store));
    }

    [Fact]
    public async Task Writes_that_share_a_commit_succeed_and_fail_each_on_its_own()
    {
        await using var store = await OpenThingsAsync();
        var commits = 0;
        var gate = new TaskCompletionSource();
        store.Intercept = moment =>
        {
            if (moment == CommitMoment.Before)
            {
                commits++;
                return gate.Task;
            }

            return Task.CompletedTask;
        };
        var first = InsertAsync(store, "first");
        var rest = Enumerable.Range(0, 100).Select(i => InsertAsync(store, $"{i % 50}")).ToList();
        gate.SetResult();
        await first;
        await Task.WhenAll(rest.Select(static t => t.ContinueWith(static _ => { }, TaskScheduler.Default)));

        Assert.Equal(2, commits);
        Assert.Equal(50, rest.Count(static t => t.IsCompletedSuccessfully));
        Assert.All(rest.Where(static t => t.IsFaulted), static t => Assert.IsAssignableFrom<DbException>(t.Exception!.InnerException));
        Assert.Equal(51, await CountAsync(store));
        Assert.Null(store.Fault);
    }

    [Fact]
    public async Task Writes_run_in_the_order_in_which_they_were_asked_for()
    {
        await using var store = await OpenThingsAsync();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => InsertAsync(store, $"{i}")));
        Assert.Equal(Enumerable.Range(0, 200).Select(static i => $"{i}"), await NamesAsync(store));
    }

    [Fact]
    public async Task A_write_inside_a_write_is_refused_rather_than_waited_for()
    {
        await using var store = await OpenThingsAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.WriteAsync((_, _) => InsertAsync(store, "inner"), cancellation: Cancellation));
        await InsertAsync(store, "after");
        Assert.Equal(1, await CountAsync(store));
    }

    [Fact]
    public async Task A_write_that_was_given_up_while_it_waited_does_nothing()
    {
        await using var store = await OpenThingsAsync();
        using var given = new CancellationTokenSource();
        var gate = new TaskCompletionSource();
        store.Intercept = moment => moment == CommitMoment.Before ? gate.Task : Task.CompletedTask;
        var first = InsertAsync(store, "first");
        var second = store.WriteAsync((c, t) => InsertAsync(c, t, "second"), cancellation: given.Token);
        await given.CancelAsync();
        gate.SetResult();
        await first;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(["first"], await NamesAsync(store));
    }

    [Fact]
    public async Task Writes_and_reads_from_many_threads_all_arrive()
    {
        await using var store = await OpenThingsAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(t => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                await InsertAsync(store, $"{t}/{i}");
                Assert.True(await CountAsync(store) > i);
            }
        })));
        Assert.Equal(400, await CountAsync(store));
    }

    [Fact]
    public async Task A_counter_that_many_read_and_then_write_loses_nothing()
    {
        const int Writers = 8;
        const int Each = 25;
        await using var stores = await OpenSeveralAsync();
        await MigrateThingsAsync(stores.All[0]);
        await InsertAsync(stores.All[0], "counter");
        var seen = await Task.WhenAll(stores.All.SelectMany(s => Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            var own = new List<long>();
            for (var i = 0; i < Each; i++)
            {
                var durability = (w + i) % 2 == 0 ? WriteDurability.Power : WriteDurability.Process;
                own.Add(await s.WriteAsync(IncrementAsync, durability, Cancellation));
            }

            return own;
        }))));
        var expected = stores.All.Count * Writers * Each;
        Assert.Equal(Enumerable.Range(1, expected).Select(static i => (long)i), seen.SelectMany(static s => s).Order());
        Assert.All(seen, static own => Assert.Equal(own.Order(), own));
        Assert.Equal(expected, await stores.All[^1].ReadAsync(static c => c.QuerySingleAsync<long>("SELECT number FROM thing"), Cancellation));
    }

    [Fact]
    public async Task Closing_finishes_the_writes_that_were_asked_for()
    {
        var store = await OpenThingsAsync();
        var gate = new TaskCompletionSource();
        store.Intercept = moment => moment == CommitMoment.Before ? gate.Task : Task.CompletedTask;
        var writes = Enumerable.Range(0, 20).Select(i => InsertAsync(store, $"{i}")).ToList();
        var closing = store.DisposeAsync();
        gate.SetResult();
        await closing;
        Assert.All(writes, static w => Assert.True(w.IsCompletedSuccessfully));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.ReadAsync(static c => c.QuerySingleAsync<int>("SELECT 1")));
        Assert.Throws<ObjectDisposedException>(() => { _ = InsertAsync(store, "late"); });
        await using var again = await OpenAsync();
        Assert.Equal(20, await CountAsync(again));
    }

    private static async Task<long> IncrementAsync(DbConnection connection, DbTransaction transaction)
    {
        var number = await connection.QuerySingleAsync<long>("SELECT number FROM thing WHERE name = 'counter'", transaction: transaction);
        await connection.ExecuteAsync("UPDATE thing SET number = @next WHERE name = 'counter'", new { next = number + 1 }, transaction);
        return number + 1;
    }
}
