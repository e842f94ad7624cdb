using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

public class ExecutionTests : OrchestratorContract
{
    [Fact]
    public void A_run_calls_its_tasks_in_order_and_keeps_what_they_report()
    {
        using var world = NewWorld();
        var calls = new List<string>();
        world.Start("p", p => p
            .Task("merge", () => calls.Add("merge"), after: ["fetch-a", "fetch-b"])
            .Task("fetch-a", async (TaskContext run) =>
            {
                await Task.Yield();
                calls.Add("a");
                run.Report("rows", 7);
                run.Report("note", "all well");
                run.Report("mean", double.NaN);
            })
            .Task("fetch-b", () => calls.Add("b")));

        var run = world.Run("p");

        Assert.Equal(RunState.Success, run.Run.State);
        Assert.Equal("merge", calls[^1]);
        Assert.Equal(3, calls.Count);
        var fetched = run.Tasks.Single(t => t.Name == "fetch-a");
        var attempt = Assert.Single(fetched.Attempts);
        Assert.Equal((AttemptState.Success, AttemptState.Success, 1), (fetched.State, attempt.State, attempt.Number));
        Assert.Equal(7, attempt.Reported["rows"].GetInt32());
        Assert.Equal("all well", attempt.Reported["note"].GetString());
        Assert.Equal("NaN", attempt.Reported["mean"].GetString());
        Assert.Equal(["fetch-a", "fetch-b"], run.Tasks[0].After);
    }

    [Fact]
    public void Parameters_come_from_a_scope_of_the_attempts_own()
    {
        using var world = NewWorld();
        world.Services.AddScoped<Part>().AddKeyedSingleton("blue", new Colour("blue"));
        var parts = new List<Part>();
        TaskContext? seen = null;
        world.Start("p", p => p.Retries(1, TimeSpan.Zero).Task(
            "t",
            (Part one, Part two, TaskContext run, DataInterval interval, CancellationToken token, [FromKeyedServices("blue")] Colour colour, Missing? optional = null) =>
            {
                Assert.Same(one, two);
                Assert.Equal(run.DataInterval, interval);
                Assert.Equal(run.CancellationToken, token);
                Assert.Equal("blue", colour.Name);
                Assert.Null(optional);
                parts.Add(one);
                seen = run;
                if (parts.Count == 1)
                {
                    throw new IOException("once");
                }
            }));

        var run = world.Run("p", new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));

        Assert.Equal(RunState.Success, run.Run.State);
        Assert.NotSame(parts[0], parts[1]);
        Assert.All(parts, static part => Assert.True(part.Disposed));
        Assert.Equal(("p", run.Run.Id, "t", 2, RunTrigger.Manual), (seen!.Pipeline, seen.RunId, seen.Task, seen.Attempt, seen.Trigger));
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero), seen.LogicalDate);
    }

    [Fact]
    public void A_failed_task_fails_the_run_and_those_after_it_are_upstream_failed()
    {
        using var world = NewWorld();
        world.Start("p", p => p
            .Task("a", void () => throw new InvalidDataException("no such place"))
            .Task("b", () => { }, after: "a")
            .Task("c", () => { }, after: "b")
            .Task("d", () => { }));

        var run = world.Run("p");

        Assert.Equal(RunState.Failed, run.Run.State);
        Assert.Equal("Task a failed: InvalidDataException: no such place", run.Run.Error);
        Assert.Equal(
            [AttemptState.Failed, AttemptState.UpstreamFailed, AttemptState.UpstreamFailed, AttemptState.Success],
            run.Tasks.Select(static t => t.State));
        Assert.Empty(run.Tasks[1].Attempts);
    }

    [Fact]
    public void Retries_come_after_delays_that_double_and_keep_within_their_jitter()
    {
        using var world = NewWorld();
        var calls = new List<DateTimeOffset>();
        world.Start("p", p => p.Retries(3, TimeSpan.FromSeconds(10)).Task("t", (PipelineWorld w) =>
        {
            calls.Add(w.Time.GetUtcNow());
            throw new IOException("down");
        }));

        var run = world.Run("p");

        Assert.Equal(RunState.Failed, run.Run.State);
        Assert.Equal(4, run.Tasks[0].Attempts.Count);
        for (var i = 1; i < calls.Count; i++)
        {
            var delay = (calls[i] - calls[i - 1]).TotalSeconds;
            var expected = 10 * Math.Pow(2, i - 1);
            Assert.InRange(delay, expected * 0.8, expected * 1.2);
            Assert.NotEqual(expected, delay);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_delays()
    {
        List<DateTimeOffset> Calls(int seed)
        {
            using var world = NewWorld();
            var calls = new List<DateTimeOffset>();
            world.Options.JitterSeed = seed;
            world.Start("p", p => p.Retries(3).Task("t", (PipelineWorld w) =>
            {
                calls.Add(w.Time.GetUtcNow());
                throw new IOException("down");
            }));
            world.Run("p");
            return calls;
        }

        Assert.Equal(Calls(5), Calls(5));
        Assert.NotEqual(Calls(5), Calls(6));
    }

    [Fact]
    public void A_time_to_retry_after_is_honoured()
    {
        using var world = NewWorld();
        var calls = new List<DateTimeOffset>();
        world.Start("p", p => p.Retries(2, TimeSpan.FromSeconds(1)).Task("t", (PipelineWorld w) =>
        {
            calls.Add(w.Time.GetUtcNow());
            if (calls.Count == 1)
            {
                throw TaskException.RetryLater("busy", TimeSpan.FromMinutes(7));
            }

            if (calls.Count == 2)
            {
                throw new InvalidOperationException("outer", new IOException("inner") { Data = { ["RetryAfter"] = TimeSpan.FromMinutes(3) } });
            }
        }));

        Assert.Equal(RunState.Success, world.Run("p").Run.State);
        Assert.Equal(TimeSpan.FromMinutes(7), calls[1] - calls[0]);
        Assert.Equal(TimeSpan.FromMinutes(3), calls[2] - calls[1]);
    }

    [Fact]
    public void A_final_failure_is_not_tried_again_and_a_skip_is_no_failure()
    {
        using var world = NewWorld();
        world.Start(
            PipelineWorld.Build("final", p => p.Retries(5).Task("t", void () => throw TaskException.Final("never"))),
            PipelineWorld.Build("skip", p => p.Task("t", void () => throw TaskException.Skip("nothing new")).Task("u", () => { }, after: "t")));

        var final = world.Run("final");
        Assert.Equal(RunState.Failed, final.Run.State);
        Assert.Single(final.Tasks[0].Attempts);

        var skip = world.Run("skip");
        Assert.Equal(RunState.Success, skip.Run.State);
        Assert.Equal([AttemptState.Skipped, AttemptState.Skipped], skip.Tasks.Select(static t => t.State));
    }

    [Fact]
    public void An_attempt_that_takes_too_long_is_cancelled_and_fails()
    {
        using var world = NewWorld();
        world.Start("p", p => p.Timeout(TimeSpan.FromSeconds(30)).Retries(1, TimeSpan.FromSeconds(1)).Task("t", async (PipelineWorld w, CancellationToken token) =>
            await Task.Delay(TimeSpan.FromHours(1), w.Time, token)));

        var run = world.Run("p");

        Assert.Equal(RunState.Failed, run.Run.State);
        Assert.Equal(2, run.Tasks[0].Attempts.Count);
        Assert.All(run.Tasks[0].Attempts, static a => Assert.Equal(30_000, a.DurationMs));
        Assert.Contains("time-out", run.Run.Error);
    }

    [Fact]
    public void A_pool_keeps_its_tasks_apart_and_the_default_pool_does_not()
    {
        using var world = NewWorld();
        var (now, most) = (new Dictionary<string, int>(), new Dictionary<string, int>());
        async Task Work(PipelineWorld w, string kind)
        {
            now[kind] = now.GetValueOrDefault(kind) + 1;
            most[kind] = Math.Max(most.GetValueOrDefault(kind), now[kind]);
            await Task.Delay(TimeSpan.FromSeconds(1), w.Time);
            now[kind]--;
        }

        world.Options.Pools["wide"] = 3;
        world.Start("p", p =>
        {
            for (var i = 0; i < 8; i++)
            {
                p.Task($"one-{i}", (PipelineWorld w) => Work(w, "one"), pool: "single")
                    .Task($"wide-{i}", (PipelineWorld w) => Work(w, "wide"), pool: "wide")
                    .Task($"two-{i}", (PipelineWorld w) => Work(w, "any"));
            }
        });

        Assert.Equal(RunState.Success, world.Run("p").Run.State);
        Assert.Equal((1, 3, 8), (most["one"], most["wide"], most["any"]));
    }

    [Fact]
    public void Runs_of_a_pipeline_follow_each_other_up_to_its_limit()
    {
        using var world = NewWorld();
        var (active, most) = (0, 0);
        world.Start("p", p => p.MaxActiveRuns(2).Task("t", async (PipelineWorld w) =>
        {
            most = Math.Max(most, ++active);
            await Task.Delay(TimeSpan.FromMinutes(1), w.Time);
            active--;
        }));

        var ids = Enumerable.Range(0, 5).Select(_ => world.Await(() => world.Orchestrator.TriggerAsync("p")).Id).ToList();
        world.Idle();
        Assert.Equal(2, world.Runs(new RunFilter { State = RunState.Running }).Count);
        Assert.Equal(3, world.Runs(new RunFilter { State = RunState.Queued }).Count);
        world.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(2, most);
        var ended = ids.ConvertAll(id => world.Details(id).Run);
        Assert.All(ended, static r => Assert.Equal(RunState.Success, r.State));
        Assert.Equal(ended.Select(static r => r.StartedAt).Order(), ended.Select(static r => r.StartedAt));
    }

    [Fact]
    public void Cancelling_reaches_the_code_and_ends_the_rest()
    {
        using var world = NewWorld();
        world.Start("p", p => p
            .Task("t", async (PipelineWorld w, CancellationToken token) => await Task.Delay(TimeSpan.FromHours(5), w.Time, token))
            .Task("u", () => { }, after: "t"));
        var first = world.Await(() => world.Orchestrator.TriggerAsync("p"));
        var second = world.Await(() => world.Orchestrator.TriggerAsync("p"));
        world.Idle();

        Assert.Equal(RunState.Cancelled, world.Await(() => world.Orchestrator.CancelAsync(second.Id)).State);
        world.Await(() => world.Orchestrator.CancelAsync(first.Id));
        world.Idle();

        var cancelled = world.Details(first.Id);
        Assert.Equal(RunState.Cancelled, cancelled.Run.State);
        Assert.Equal([AttemptState.Cancelled, AttemptState.Cancelled], cancelled.Tasks.Select(static t => t.State));
        Assert.Equal(AttemptState.Cancelled, cancelled.Tasks[0].Attempts.Single().State);
        Assert.Equal(ErrorKind.Conflict, Assert.Throws<TarnException>(() => world.Await(() => world.Orchestrator.CancelAsync(first.Id))).Kind);
    }

    [Fact]
    public void Retrying_a_failed_run_repeats_only_what_failed_and_what_follows()
    {
        using var world = NewWorld();
        var calls = new List<string>();
        var broken = true;
        world.Start("p", p => p.Retries(1, TimeSpan.FromSeconds(1))
            .Task("a", () => calls.Add("a"))
            .Task("b", () =>
            {
                calls.Add("b");
                if (broken)
                {
                    throw new IOException("broken");
                }
            }, after: "a")
            .Task("c", () => calls.Add("c"), after: "b"));
        var failed = world.Run("p");
        Assert.Equal(RunState.Failed, failed.Run.State);
        Assert.Equal(["a", "b", "b"], calls);

        broken = false;
        world.Await(() => world.Orchestrator.RetryAsync(failed.Run.Id));
        var mended = world.Finish(failed.Run.Id);

        Assert.Equal(RunState.Success, mended.Run.State);
        Assert.Null(mended.Run.Error);
        Assert.Equal(["a", "b", "b", "b", "c"], calls);
        Assert.Equal([1, 2, 3], mended.Tasks[1].Attempts.Select(static a => a.Number));
        Assert.Equal(ErrorKind.Conflict, Assert.Throws<TarnException>(() => world.Await(() => world.Orchestrator.RetryAsync(failed.Run.Id))).Kind);
    }

    [Fact]
    public void A_cancelled_run_can_be_tried_again()
    {
        using var world = NewWorld();
        var calls = 0;
        world.Start("p", p => p.Task("t", async (PipelineWorld w, CancellationToken token) =>
        {
            if (++calls == 1)
            {
                await Task.Delay(TimeSpan.FromHours(1), w.Time, token);
            }
        }));
        var run = world.Await(() => world.Orchestrator.TriggerAsync("p"));
        world.Idle();
        world.Await(() => world.Orchestrator.CancelAsync(run.Id));
        world.Idle();
        Assert.Equal(RunState.Cancelled, world.Details(run.Id).Run.State);

        world.Await(() => world.Orchestrator.RetryAsync(run.Id));

        Assert.Equal(RunState.Success, world.Finish(run.Id).Run.State);
    }

    [Fact]
    public void What_is_logged_is_stored_with_the_attempt_and_read_by_sequence()
    {
        using var world = NewWorld();
        world.Services.AddScoped<Chatty>();
        world.Options.LogLinesPerAttempt = 4;
        world.Start("p", p => p.Retries(1, TimeSpan.Zero)
            .Task("t", (TaskContext run, Chatty service) =>
            {
                run.Log.LogInformation("read {Rows} rows of {Place}", 12, "Yukon");
                service.Say();
                if (run.Attempt == 1)
                {
                    throw new IOException("gone");
                }

                run.Log.LogDebug("not kept");
                run.Log.LogInformation("3");
                run.Log.LogInformation("4");
                run.Log.LogInformation("5");
            }));

        var run = world.Run("p");
        var lines = world.Await(() => world.Orchestrator.ReadLogsAsync(run.Run.Id));

        Assert.Equal(["read 12 rows of Yukon", "from the service", "The attempt failed: IOException: gone"], lines.Where(static l => l.Attempt == 1).Select(static l => l.Message));
        Assert.Contains("\"Rows\":\"12\"", lines[0].Fields);
        Assert.Contains("System.IO.IOException: gone", lines[2].Exception);
        Assert.Equal("Tarn.Pipelines.Tests.ExecutionTests.Chatty", lines[1].Category);
        Assert.Equal(["3", "4", "1 further line(s) were dropped: an attempt keeps 4 (Pipelines:LogLinesPerAttempt)."],
            lines.Where(static l => l.Attempt == 2).Skip(2).Select(static l => l.Message));
        Assert.Equal(lines.Select(static l => l.Sequence).Order(), lines.Select(static l => l.Sequence));
        var rest = world.Await(() => world.Orchestrator.ReadLogsAsync(run.Run.Id, new LogFilter { After = lines[3].Sequence, Attempt = 2 }));
        Assert.Equal(lines.Skip(4), rest);
    }

    [Fact]
    public void Lines_of_a_running_attempt_can_be_read_while_it_runs()
    {
        using var world = NewWorld();
        var appended = new List<LogAppended>();
        world.Start("p", p => p.Task("t", async (PipelineWorld w, TaskContext run) =>
        {
            run.Log.LogInformation("begun");
            await Task.Delay(TimeSpan.FromHours(1), w.Time);
        }));
        world.Orchestrator.LogAppended += appended.Add;
        var run = world.Await(() => world.Orchestrator.TriggerAsync("p"));
        world.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(run.Id, Assert.Single(appended).RunId);
        Assert.Equal("begun", Assert.Single(world.Await(() => world.Orchestrator.ReadLogsAsync(run.Id))).Message);
    }

    [Fact]
    public void Listeners_hear_of_each_change_after_it_is_stored()
    {
        using var world = NewWorld();
        world.Start("p", p => p.Retries(1, TimeSpan.Zero).Task("t", (TaskContext run) =>
        {
            if (run.Attempt == 1)
            {
                throw new IOException("once");
            }
        }).Task("u", void () => throw TaskException.Skip("no need"), after: "t").Task("v", () => { }, after: "u"));

        world.Run("p");

        // On a node an attempt may first be put up for whoever takes it.
        Assert.Equal([RunState.Queued, RunState.Running, RunState.Success], world.RunChanges.Select(static c => c.Run.State));
        Assert.Equal(
            [("t", 1, "running"), ("t", 1, "failed"), ("t", 1, "up_for_retry"), ("t", 2, "running"), ("t", 2, "success"), ("u", 1, "running"), ("u", 1, "skipped"), ("v", 0, "skipped")],
            world.AttemptChanges.Select(c => (c.Task, c.Number, world.IsShared && c.State == AttemptState.Queued ? "running" : c.State.Name())));
    }

    [Fact]
    public void A_listener_that_throws_harms_nothing()
    {
        using var world = NewWorld();
        world.Start("p", p => p.Task("t", () => { }));
        world.Orchestrator.RunChanged += _ => throw new InvalidOperationException("bad listener");

        Assert.Equal(RunState.Success, world.Run("p").Run.State);
        Assert.Contains(world.Log.Lines, static l => l.Event == 4041);
    }

    [Fact]
    public void Waiting_ends_with_the_run_or_the_time_given()
    {
        using var world = NewWorld();
        world.Start("p", p => p.Task("t", async (PipelineWorld w) => await Task.Delay(TimeSpan.FromMinutes(1), w.Time)));
        var run = world.Await(() => world.Orchestrator.TriggerAsync("p"));
        Task<RunSummary>? end = null;
        world.Context.Within(() => end = world.Orchestrator.WaitAsync(run.Id));
        world.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(RunState.Success, world.Await(() => end!).State);
        Assert.Equal(RunState.Success, world.Await(() => world.Orchestrator.WaitAsync(run.Id)).State);
        Assert.Equal(ErrorKind.NotFound, Assert.Throws<TarnException>(() => world.Await(() => world.Orchestrator.WaitAsync("none"))).Kind);
    }

    [Fact]
    public void Code_that_ignores_its_token_is_reported_and_waited_for()
    {
        using var world = NewWorld();
        world.Start("p", p => p.Timeout(TimeSpan.FromSeconds(5)).Task("deaf", async (PipelineWorld w) => await Task.Delay(TimeSpan.FromMinutes(10), w.Time)));
        var run = world.Await(() => world.Orchestrator.TriggerAsync("p"));
        world.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains(world.Log.Lines, static l => l.Event == 4020);
        Assert.Equal(RunState.Running, world.Details(run.Id).Run.State);
        world.Advance(TimeSpan.FromMinutes(10));
        Assert.True(world.Details(run.Id).Run.HasEnded);
    }

    private sealed class Part : IDisposable
    {
        public bool Disposed { get; private set; }

        public void Dispose() => Disposed = true;
    }

    private sealed record Colour(string Name);

    private sealed class Missing;

    private sealed class Chatty(ILogger<Chatty> logger)
    {
        public void Say() => logger.LogInformation("from the service");
    }
}
