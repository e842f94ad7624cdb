using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Postgres.Tests;

/// <summary>The network to the server breaks, or is silent: through a proxy, beside a store that reaches the server directly.</summary>
public sealed class PostgresMetadataFaultTests(PostgresCluster cluster)
{
    /// <summary>A busy machine stays within them. Tests wait for the end of the writer's at most, or have their own.</summary>
    private static readonly PostgresMetadataOptions Impatient = new()
    {
        MaxReaders = 2,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        StatementTimeout = TimeSpan.FromSeconds(60),
        WriterTimeout = TimeSpan.FromSeconds(5),
        OutcomeTimeout = TimeSpan.FromSeconds(30),
        KeepAlive = TimeSpan.FromSeconds(1),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_network_that_is_cut_is_told_and_the_next_call_connects_again()
    {
        await using var world = await OpenAsync(Impatient);
        await world.Far.InsertAsync("before");
        await world.Far.CountAsync();
        world.Proxy.Cut();
        await AssertUnavailableAsync(() => world.Far.InsertAsync("cut"));
        await AssertUnavailableAsync(() => world.Far.CountAsync());
        Assert.NotNull(world.Far.Store.Fault);
        world.Proxy.Restore();
        await world.Far.InsertAsync("after");
        Assert.Null(world.Far.Store.Fault);
        Assert.Equal(["before", "after"], await world.Far.NamesAsync());
    }

    [Fact]
    public async Task An_idle_connection_that_was_broken_costs_no_write()
    {
        await using var world = await OpenAsync(Impatient);
        await world.Far.InsertAsync("before");
        world.Proxy.Cut();
        world.Proxy.Restore();
        await world.Far.InsertAsync("after");
        Assert.Equal(["before", "after"], await world.Far.NamesAsync());
    }

    [Fact]
    public async Task A_cut_in_the_middle_of_a_write_undoes_it()
    {
        await using var world = await OpenAsync(Impatient);
        var error = await AssertUnavailableAsync(() => world.Far.InsertAsync("half", () =>
        {
            world.Proxy.Cut();
            world.Proxy.Restore();
            return world.Far.Connection!.ExecuteAsync("SELECT 1");
        }));
        Assert.False(error.IsOutcomeUnknown);

        // Kept from the store by the write itself, it comes out all the same.
        await AssertUnavailableAsync(() => world.Far.InsertAsync("half", async () =>
        {
            world.Proxy.Cut();
            world.Proxy.Restore();
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => world.Far.Connection!.ExecuteAsync("SELECT 1"));
        }));
        await world.Far.InsertAsync("whole");
        Assert.Equal(["whole"], await world.Near.NamesAsync());
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_found_out_to_have_taken_effect()
    {
        await using var world = await OpenAsync(Impatient);
        var write = world.Far.InsertAsync("one", () => world.Proxy.Stall(ProxyDirection.ToClient));
        await world.Proxy.WhenHeldAsync(ProxyDirection.ToClient, Cancellation);
        world.Proxy.Cut();
        world.Proxy.Restore();
        await write;
        Assert.Equal(["one"], await world.Near.NamesAsync());
        Assert.Null(world.Far.Store.Fault);
        await world.Far.InsertAsync("two");
    }

    [Fact]
    public async Task A_commit_that_is_lost_is_found_out_not_to_have_taken_effect()
    {
        await using var world = await OpenAsync(Impatient);
        await world.Far.InsertAsync("before");
        var write = world.Far.InsertAsync("one", () => world.Proxy.Stall(ProxyDirection.ToServer));
        await world.Proxy.WhenHeldAsync(ProxyDirection.ToServer, Cancellation);
        world.Proxy.Cut();
        world.Proxy.Restore();
        var error = await AssertUnavailableAsync(() => write);
        Assert.False(error.IsOutcomeUnknown);
        Assert.Equal(["before"], await world.Near.NamesAsync());
        await world.Far.InsertAsync("two");
    }

    [Fact]
    public async Task Where_nobody_can_tell_the_outcome_the_error_says_so()
    {
        await using var world = await OpenAsync(Impatient with { OutcomeTimeout = TimeSpan.Zero });
        var write = world.Far.InsertAsync("one", () => world.Proxy.Stall(ProxyDirection.ToClient));
        await world.Proxy.WhenHeldAsync(ProxyDirection.ToClient, Cancellation);
        world.Proxy.Cut();
        var error = await AssertUnavailableAsync(() => write);
        Assert.True(error.IsOutcomeUnknown);
        Assert.Contains("unknown", error.Message, StringComparison.Ordinal);
        Assert.Equal(["one"], await world.Near.NamesAsync());
    }

    [Fact]
    public async Task A_batch_whose_answer_is_lost_is_found_out_as_one()
    {
        await using var world = await OpenAsync(Impatient);
        var gate = new TaskCompletionSource();
        world.Far.Store.Intercept = moment => moment == CommitMoment.Before ? gate.Task : Task.CompletedTask;
        var first = world.Far.InsertAsync("0");
        var rest = Enumerable.Range(1, 20).Select(i => world.Far.InsertAsync($"{i}")).ToList();
        var last = world.Far.InsertAsync("last", () => world.Proxy.Stall(ProxyDirection.ToClient));
        gate.SetResult();

        // What is held first is the answer to the savepoint after the last write; its commit was not sent: nothing of the batch took effect.
        await world.Proxy.WhenHeldAsync(ProxyDirection.ToClient, Cancellation);
        world.Proxy.Cut();
        world.Proxy.Restore();
        await first;
        foreach (var write in rest.Append(last))
        {
            await AssertUnavailableAsync(() => write);
        }

        Assert.Equal(["0"], await world.Near.NamesAsync());
    }

    [Fact]
    public async Task A_process_that_is_cut_off_while_it_writes_does_not_keep_others_waiting()
    {
        await using var world = await OpenAsync(Impatient);
        var silent = new TaskCompletionSource();
        var released = new TaskCompletionSource();
        var cutOff = world.Far.InsertAsync("cut off", async () =>
        {
            world.Proxy.Stall(ProxyDirection.Both);
            silent.SetResult();
            await released.Task;
            await world.Far.Connection!.ExecuteAsync("SELECT 1");
        });
        await silent.Task;

        // It would wait longer than this for its turn: the server has let go.
        await world.Near.InsertAsync("other").WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        // It comes back, and learns that it has lost its place.
        world.Proxy.Restore();
        released.SetResult();
        var error = await AssertUnavailableAsync(() => cutOff);
        Assert.False(error.IsOutcomeUnknown);
        Assert.Equal(["other"], await world.Near.NamesAsync());
        await world.Far.InsertAsync("again");
    }

    [Fact]
    public async Task A_commit_into_silence_is_found_out_when_the_network_is_back()
    {
        await using var world = await OpenAsync(Impatient);
        var write = world.Far.InsertAsync("one", () => world.Proxy.Stall(ProxyDirection.Both));
        await world.Proxy.WhenHeldAsync(ProxyDirection.ToServer, Cancellation);

        // The server gives the lock to another, so the commit that is still under way can no longer take effect.
        await world.Near.InsertAsync("other");
        world.Proxy.Cut();
        world.Proxy.Restore();
        var error = await AssertUnavailableAsync(() => write);
        Assert.False(error.IsOutcomeUnknown);
        Assert.Equal(["other"], await world.Near.NamesAsync());
    }

    [Fact]
    public async Task A_silent_network_is_noticed_and_told()
    {
        var limit = TimeSpan.FromSeconds(5);
        await using var world = await OpenAsync(Impatient with { ConnectTimeout = limit, StatementTimeout = limit, WriterTimeout = TimeSpan.FromSeconds(4), OutcomeTimeout = TimeSpan.Zero });
        await world.Far.CountAsync();
        world.Proxy.Stall(ProxyDirection.Both);
        await Task.WhenAll(AssertUnavailableAsync(world.Far.CountAsync), AssertUnavailableAsync(() => world.Far.InsertAsync("silent")));
        world.Proxy.Cut();
        world.Proxy.Restore();
        await world.Far.InsertAsync("after");
        Assert.Equal(["after"], await world.Near.NamesAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_listens_is_told_that_signals_may_have_been_missed(bool silent)
    {
        await using var world = await OpenAsync(Impatient);
        var received = new System.Collections.Concurrent.ConcurrentQueue<string?>();
        using var more = new SemaphoreSlim(0);
        using var registration = world.Far.Store.Listen("c", payload =>
        {
            received.Enqueue(payload);
            more.Release();
        });
        await more.WaitAsync(Cancellation);
        await world.Near.SignalAsync("c", "one");
        await more.WaitAsync(Cancellation);
        if (silent)
        {
            world.Proxy.Stall(ProxyDirection.Both);
            await world.Near.SignalAsync("c", "not heard");

            // Its own probe finds out; the silence ends with the connection that it gives up.
            await world.Proxy.WhenHeldAsync(ProxyDirection.ToServer, Cancellation);
        }

        world.Proxy.Cut();
        await world.Near.SignalAsync("c", "missed");
        world.Proxy.Restore();
        await more.WaitAsync(Cancellation);
        await world.Near.SignalAsync("c", "two");
        await more.WaitAsync(Cancellation);
        Assert.Equal([null, "one", null, "two"], received);
    }

    private static async Task<TarnException> AssertUnavailableAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<TarnException>(call);
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.DoesNotContain("not-to-be-seen", error.ToString(), StringComparison.Ordinal);
        return error;
    }

    private async Task<World> OpenAsync(PostgresMetadataOptions far)
    {
        var direct = new NpgsqlConnectionStringBuilder(await cluster.RequireAsync());
        var proxy = TcpProxy.Start(direct.Port);
        var through = new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Port = proxy.Port };
        var near = await StoreUser.OpenAsync(direct.ConnectionString, PostgresTestOptions.Patient);
        return new World(proxy, near, await StoreUser.OpenAsync(through.ConnectionString, far));
    }

    private sealed record World(TcpProxy Proxy, StoreUser Near, StoreUser Far) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Proxy.Restore();
            await Far.Store.DisposeAsync();
            await Near.Store.DisposeAsync();
            await Proxy.DisposeAsync();
        }
    }
}
