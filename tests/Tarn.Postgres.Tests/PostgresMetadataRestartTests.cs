using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Postgres.Tests;

/// <summary>Kills and restarts the server; on a cluster of its own, so that other tests go on.</summary>
public sealed class PostgresMetadataRestartTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_goes_before_in_and_after_a_write_loses_and_repeats_nothing(bool crash)
    {
        await using var cluster = new PostgresCluster();
        await cluster.InitializeAsync();
        var connection = await cluster.RequireAsync();
        var user = await StoreUser.OpenAsync(connection, new PostgresMetadataOptions { MaxReaders = 2, OutcomeTimeout = TimeSpan.FromSeconds(30) });
        await using var store = user.Store;
        await user.InsertAsync("first");
        await user.CountAsync();

        // Down before a write, and while it is asked for.
        await cluster.StopAsync(crash);
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<TarnException>(() => user.InsertAsync("down"))).Kind);
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<TarnException>(() => user.CountAsync())).Kind);
        await cluster.StartAsync();
        await user.InsertAsync("before");
        Assert.Equal(2, await user.CountAsync());

        // Down and up again between two writes: nobody notices.
        await cluster.StopAsync(crash);
        await cluster.StartAsync();
        await user.InsertAsync("between");

        // Down and up again in the middle of a write.
        var error = await Assert.ThrowsAsync<TarnException>(() => user.InsertAsync("in", async () =>
        {
            await cluster.StopAsync(crash);
            await cluster.StartAsync();
        }));
        Assert.Equal((ErrorKind.Unavailable, false), (error.Kind, error.IsOutcomeUnknown));

        // Down and up again after the commit, before the writer is told.
        store.Intercept = async moment =>
        {
            if (moment == CommitMoment.After)
            {
                await cluster.StopAsync(crash);
                await cluster.StartAsync();
            }
        };
        await user.InsertAsync("after");
        store.Intercept = null;
        await user.InsertAsync("last");
        Assert.Equal(["first", "before", "between", "after", "last"], await user.NamesAsync());
    }
}
