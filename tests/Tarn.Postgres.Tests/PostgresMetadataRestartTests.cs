using Microsoft.Extensions.Logging;
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
        var user = await StoreUser.OpenAsync(connection, PostgresTestOptions.Patient);
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

    [Fact]
    public async Task A_start_waits_for_a_server_that_comes_later_and_not_for_a_mistake()
    {
        await using var cluster = new PostgresCluster();
        await cluster.InitializeAsync();
        var connection = await cluster.RequireAsync();
        var patient = PostgresTestOptions.Patient with { StartTimeout = TimeSpan.FromHours(1) };

        // Waiting for it would mend none of these, and an hour would be the test's end.
        var log = new WaitingLog();
        foreach (var wrong in new[] { connection.Replace("Database=", "Database=no", StringComparison.Ordinal), connection.Replace("Username=postgres", "Username=nobody", StringComparison.Ordinal) })
        {
            Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<TarnException>(() => OpenAsync(wrong, patient, log))).Kind);
        }

        Assert.False(log.Said.IsCompleted);
        await cluster.StopAsync(crash: true);
        var opening = OpenAsync(connection, patient, log);
        Assert.Contains("is not there yet", await log.Said, StringComparison.Ordinal);
        using var given = new CancellationTokenSource();
        var second = new WaitingLog();
        var stopped = OpenAsync(connection, patient, second, given.Token);
        await second.Said;
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);

        // Its hour passes when it waits, however long it took to look first.
        var (third, time) = (new WaitingLog(), new ManualTimeProvider());
        var late = OpenAsync(connection, patient, third, time: time);
        await third.Said;
        Assert.False(late.IsCompleted);
        while (!late.IsCompleted)
        {
            time.Advance(patient.StartTimeout);
            await Task.Yield();
        }

        var error = await Assert.ThrowsAsync<TarnException>(() => late);
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        error = await Assert.ThrowsAsync<TarnException>(() => OpenAsync(connection, patient with { StartTimeout = TimeSpan.Zero }, new WaitingLog()));
        Assert.Contains("cannot be reached", error.Message, StringComparison.Ordinal);
        Assert.False(opening.IsCompleted);
        await cluster.StartAsync();
        await using (var store = await opening)
        {
            Assert.Null(store.Fault);
            await store.SetValueAsync("test", "is", "there", TestContext.Current.CancellationToken);
        }
    }

    private static Task<PostgresMetadataStore> OpenAsync(string connection, PostgresMetadataOptions options, ILoggerProvider log, CancellationToken? cancellation = null, TimeProvider? time = null) =>
        PostgresMetadataStore.OpenAsync(
            connection, options, time ?? TimeProvider.System, IdSource.Create(TimeProvider.System), LoggerFactory.Create(b => b.AddProvider(log)), cancellation ?? TestContext.Current.CancellationToken);

    /// <summary>Tells when something is waited for.</summary>
    private sealed class WaitingLog : ILoggerProvider, ILogger
    {
        private readonly TaskCompletionSource<string> _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Said => _said.Task;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
            {
                _said.TrySetResult(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
