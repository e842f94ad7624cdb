using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Postgres.Tests;

/// <summary>Kills the server in the middle of work; on a cluster of its own, so that other tests go on.</summary>
public sealed class PostgresRestartTests
{
    private sealed record Row(string Id, long Version);

    [Fact]
    public async Task A_killed_server_loses_and_repeats_nothing()
    {
        await using var cluster = new PostgresCluster();
        await cluster.InitializeAsync();
        var connection = await cluster.RequireAsync();
        await using var database = new PostgresDatabase(connection);
        var sink = new PostgresSink<Row, Row>(database, new PostgresTarget("public.rows"), static (_, r) => r, TimeProvider.System, NullLoggerFactory.Instance);
        await WriteAsync(sink, 0, 10);

        // Down before a batch: a clear error, and the batch is there to be written again.
        await cluster.StopAsync(crash: true);
        var error = await Assert.ThrowsAsync<TarnException>(() => WriteAsync(sink, 10, 20));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        await cluster.StartAsync();
        await WriteAsync(sink, 10, 20);

        // Down in the middle of a transaction, and up again before the sink tries again: it goes through on a new connection.
        var crashed = false;
        sink.Intercept = async step =>
        {
            if (step == "before progress" && !crashed)
            {
                crashed = true;
                await cluster.StopAsync(crash: true);
                await cluster.StartAsync();
            }
        };
        await WriteAsync(sink, 20, 30);

        // Down after the commit, before its answer: it must not be written a second time.
        var answered = true;
        sink.Intercept = async step =>
        {
            if (step == "after commit" && answered)
            {
                answered = false;
                await cluster.StopAsync(crash: true);
                await cluster.StartAsync();
                throw new IOException("the answer was lost");
            }
        };
        await WriteAsync(sink, 30, 40);
        sink.Intercept = null;
        Assert.Equal(40, await sink.CommittedOffsetAsync("t", 0, TestContext.Current.CancellationToken));
        var rows = await PostgresSinkTests.RowsAsync(connection, "SELECT version FROM rows ORDER BY version");
        Assert.Equal(Enumerable.Range(0, 40).Select(static i => (long)i), rows.Select(static r => (long)r[0]!));
    }

    private static Task WriteAsync(PostgresSink<Row, Row> sink, int first, int next) =>
        sink.WriteAsync(PostgresSinkTests.Batch(first, [.. Enumerable.Range(first, next - first).Select(static i => new Row($"r{i}", i))]), TestContext.Current.CancellationToken);
}
