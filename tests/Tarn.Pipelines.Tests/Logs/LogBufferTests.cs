using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests.Logs;

/// <summary>Lines of attempts, more of them than one commit takes: whoever sees an end can read all that came before it, each once and in order.</summary>
public class LogBufferTests : OrchestratorContract
{
    [Fact]
    public void Whoever_sees_that_an_attempt_has_ended_can_read_all_of_its_lines()
    {
        using var world = NewWorld();
        var (ends, seen) = (0, new List<long>());
        world.Start(
            [
                PipelineWorld.Build("p", static p => p.Task("t", static (TaskContext run) =>
                {
                    for (var i = 0; i < 5000; i++)
                    {
                        run.Log.LogInformation("{Line}", i);
                    }
                })),
            ],
            prepare: store => store.Intercept = async moment =>
            {
                if (moment == CommitMoment.After && ends == 0)
                {
                    ends = await CountAsync(store, "SELECT count(*) FROM task_attempt WHERE ended_at IS NOT NULL");
                    seen.Add(await CountAsync(store, "SELECT count(*) FROM task_log"));
                }
            });
        Assert.Equal(RunState.Success, world.Run("p").Run.State);
        Assert.Equal((1, 5000), (ends, seen[^1]));
    }

    [Fact]
    public void A_process_that_ends_stores_all_lines_that_wait()
    {
        using var world = NewWorld();
        var run = RunOf(world);
        var logs = NewLogs(world, world.Log.CreateLogger("logs"));
        Append(logs, run, 0, 6500);
        world.Await(() => logs.DisposeAsync().AsTask());
        Assert.Equal(Lines(0, 6500), Stored(world));
        Assert.DoesNotContain(world.Log.Lines, static l => l.Event == 4010);
    }

    [Fact]
    public void A_store_that_refuses_holds_up_no_process_that_ends()
    {
        using var world = NewWorld();
        var run = RunOf(world);
        var logs = NewLogs(world, world.Log.CreateLogger("logs"));
        Append(logs, run, 0, 6500);
        var writes = 0;
        world.Store.Intercept = moment => moment == CommitMoment.Before && ++writes > 1 ? throw Full() : Task.CompletedTask;
        world.Await(() => logs.DisposeAsync().AsTask());
        world.Store.Intercept = null;
        Assert.Equal(2, writes);
        Assert.Equal(Lines(0, 2000), Stored(world));
        Assert.Single(world.Log.Lines, static l => l.Event == 4010);
    }

    [Fact]
    public void Lines_that_go_on_coming_hold_up_no_end()
    {
        using var world = NewWorld();
        var run = RunOf(world);
        var logs = NewLogs(world);
        Append(logs, run, 0, 5000);
        var (next, commits) = (5000, 0);
        world.Store.Intercept = moment =>
        {
            // As many come as are stored.
            if (moment == CommitMoment.Before && ++commits < 100)
            {
                Append(logs, run, next, 2000);
                next += 2000;
            }

            return Task.CompletedTask;
        };
        world.Await(() => logs.StoreWithAsync(write => world.Store.WriteAsync(write), static (_, _) => Task.CompletedTask));
        world.Store.Intercept = null;
        Assert.Equal(3, commits);
        Assert.Equal(Lines(0, 6000), Stored(world));
        world.Await(logs.FlushAsync);
        Assert.Equal(Lines(0, next), Stored(world));
    }

    [Fact]
    public void The_next_end_has_the_lines_of_one_that_failed_in_the_same_commit()
    {
        using var world = NewWorld();
        var run = RunOf(world);
        var logs = NewLogs(world);
        Append(logs, run, 0, 3);
        var open = new TaskCompletionSource();
        world.Store.Intercept = moment => moment == CommitMoment.Before ? open.Task : Task.CompletedTask;
        var (first, second) = (Task.CompletedTask, Task.CompletedTask);
        var seen = 0;
        world.Context.Within(() =>
        {
            _ = world.Store.WriteAsync(static (_, _) => Task.FromResult(true));
            first = logs.StoreWithAsync(write => world.Store.WriteAsync(write), static (_, _) => throw new InvalidDataException("no end"));
            second = logs.StoreWithAsync(
                write => world.Store.WriteAsync(write),
                async (connection, transaction) => seen = await connection.ExecuteScalarAsync<int>("SELECT count(*) FROM task_log", transaction: transaction));
            open.SetResult();
        });
        world.Await(() => second);
        Assert.Equal(3, seen);
        Assert.Throws<InvalidDataException>(() => world.Await(() => first));
        world.Store.Intercept = null;
        world.Await(logs.FlushAsync);
        Assert.Equal(Lines(0, 3), Stored(world));
    }

    [Fact]
    public void Lines_of_a_try_that_failed_wait_for_whoever_writes_next()
    {
        using var world = NewWorld();
        var run = RunOf(world);
        var logs = NewLogs(world);
        var services = new ExecutionServices(
            world.Orchestrator.Pipelines,
            new StateWriter(world.Store, world.Time, NullLogger.Instance),
            logs,
            world.Services.BuildServiceProvider(),
            world.Options,
            world.Time,
            IdSource.CreateSeeded(world.Time, 1),
            NullLoggerFactory.Instance,
            world.Orchestrator.Faults,
            static _ => { });
        Append(logs, run, 0, 3);
        var open = new TaskCompletionSource();
        world.Store.Intercept = moment => moment == CommitMoment.Before ? open.Task : Task.CompletedTask;
        var (end, other, tries) = (Task.CompletedTask, Task.CompletedTask, 0);
        world.Context.Within(() =>
        {
            _ = world.Store.WriteAsync(static (_, _) => Task.FromResult(true));
            end = services.StoreWithLogsAsync(
                "an end",
                (_, _) =>
                {
                    tries++;
                    return Task.CompletedTask;
                },
                CancellationToken.None);

            // The store fails beneath a later write of the same commit, and so both.
            other = world.Store.WriteAsync<bool>((_, _) => throw (world.IsShared ? new NpgsqlException("gone", new IOException("gone")) : new SqliteException("full", 13)));
            open.SetResult();
        });
        Assert.Throws<TarnException>(() => world.Await(() => other));
        world.Idle();
        Assert.Equal((1, false), (tries, end.IsCompleted));

        // It works again; the next try of the end is still to come.
        Append(logs, run, 3, 2);
        world.Await(logs.FlushAsync);
        Assert.Equal((1, false), (tries, end.IsCompleted));
        Assert.Equal(Lines(0, 5), Stored(world));
        world.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((2, true), (tries, end.IsCompletedSuccessfully));
        Assert.Equal(Lines(0, 5), Stored(world));
    }

    private static RunSummary RunOf(PipelineWorld world)
    {
        world.Start("p", static p => p.Task("t", static () => { }));
        return world.Run("p").Run;
    }

    private static LogBuffer NewLogs(PipelineWorld world, ILogger? logger = null)
    {
        LogBuffer? logs = null;
        world.Context.Within(() => logs = new LogBuffer(world.Store, world.Time, logger ?? NullLogger.Instance, static _ => { }));
        return logs!;
    }

    private static void Append(LogBuffer logs, RunSummary run, int from, int count)
    {
        foreach (var message in Lines(from, count))
        {
            logs.Append(new PendingLine(1, run.Id, "t", 1, DateTimeOffset.UnixEpoch, LogLevel.Information, "test", message, null, null));
        }
    }

    private static IEnumerable<string> Lines(int from, int count) => Enumerable.Range(from, count).Select(static i => $"line {i}");

    private static IReadOnlyList<string> Stored(PipelineWorld world) =>
        world.Await(() => world.Store.ReadAsync<IReadOnlyList<string>>(static async c => [.. await c.QueryAsync<string>("SELECT message FROM task_log ORDER BY seq")]));

    private static Task<int> CountAsync(MetadataStore store, string query) => store.ReadAsync(c => c.ExecuteScalarAsync<int>(query));

    private static TarnException Full() => new(ErrorKind.Unavailable, "The metadata cannot be written: the disk is full.");
}
