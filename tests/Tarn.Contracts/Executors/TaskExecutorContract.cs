using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tarn.Pipelines;
using Xunit;

namespace Tarn.Contracts;

/// <summary>What every <see cref="TaskExecutor"/> promises. An implementation's tests derive from it; its executor runs the tasks of <see cref="ExecutorProgram"/>.</summary>
public abstract class TaskExecutorContract
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    /// <summary>The running test's cancellation.</summary>
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The executor.</summary>
    protected abstract TaskExecutor Executor { get; }

    /// <summary>What the attempt said.</summary>
    protected HeardAttempt Heard { get; } = new();

    /// <summary>An order to run a task of <see cref="ExecutorProgram"/>.</summary>
    public static AttemptOrder OrderOf(string task) => new()
    {
        Pipeline = ExecutorProgram.Pipeline,
        Task = task,
        Name = task,
        RunId = "run-1",
        RunNumber = 1,
        WriteId = "p/r1/t",
        WriteVersion = 1,
        Attempt = 1,
        QueuedAt = Start,
        LogicalDate = Start,
        DataInterval = new DataInterval(Start, Start.AddHours(1)),
        Trigger = RunTrigger.Manual,
        Since = Start,
    };

    /// <summary>Runs a task to its end.</summary>
    protected Task<AttemptReport> RunAsync(AttemptOrder order, CancellationToken? cancellation = null) => Executor.ExecuteAsync(order, Heard, cancellation ?? Cancellation);

    /// <summary>Runs a task to its end.</summary>
    protected Task<AttemptReport> RunAsync(string task) => RunAsync(OrderOf(task));

    [Fact]
    public async Task Typed_results_parameters_and_the_interval_go_in_and_a_result_comes_out()
    {
        var report = await RunAsync(OrderOf("sum") with { Results = new Dictionary<string, string> { ["numbers"] = "[4,5,6]" }, Parameters = """{"factor":10}""" });
        Assert.True(report.Ending == AttemptEnding.Success, report.Error);
        Assert.Equal(new Summed(150, Start), JsonSerializer.Deserialize<Summed>(report.Result!, JsonSerializerOptions.Web));
    }

    [Fact]
    public async Task A_call_of_a_mapped_task_gets_its_item()
    {
        var report = await RunAsync(OrderOf("each") with { Name = "each[2]", Item = "33", Attempt = 4 });
        Assert.Equal((AttemptEnding.Success, "\"each[2] of attempt 4: 33\""), (report.Ending, report.Result));
    }

    [Fact]
    public async Task A_result_that_nobody_takes_is_not_kept()
    {
        var report = await RunAsync(OrderOf("unwanted"));
        Assert.Equal(AttemptReport.Success(null), report);
    }

    [Fact]
    public async Task What_it_logs_and_reports_is_heard_while_it_runs_and_it_heeds_its_cancellation()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = RunAsync(OrderOf("talk"), cancel.Token);
        await Heard.WaitAsync(static heard => heard.Lines.Count == 2 && heard.Values.ContainsKey("rows"), Cancellation);
        Assert.False(running.IsCompleted);
        await cancel.CancelAsync();
        var report = await running;
        Assert.Equal((AttemptEnding.Failed, null), (report.Ending, report.Error));
        Assert.Equal(
            [
                new HeardLine(LogLevel.Information, "contract.talk", "Said 42", null, """{"Number":"42"}"""),
                new HeardLine(LogLevel.Information, "Service", "Said 43", null, """{"Number":"43"}"""),
            ],
            Heard.Lines);
        Assert.Equal(7, Heard.Values["rows"].GetInt32());
    }

    [Fact]
    public async Task What_it_throws_is_its_outcome_and_is_logged()
    {
        var report = await RunAsync("retryable");
        Assert.Equal((AttemptEnding.Failed, null, "IOException: The disk hiccuped."), (report.Ending, report.RetryAfter, report.Error));
        var line = Assert.Single(Heard.Lines);
        Assert.Equal((LogLevel.Error, "The attempt failed: IOException: The disk hiccuped."), (line.Level, line.Message));
        Assert.Contains(nameof(ExecutorProgram), line.Exception, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_throws_says_what_becomes_of_it()
    {
        var later = await RunAsync("later");
        Assert.Equal((AttemptEnding.Failed, TimeSpan.FromSeconds(90), "Too busy."), (later.Ending, later.RetryAfter, later.Error));
        var final = await RunAsync("final");
        Assert.Equal((AttemptEnding.FailedForGood, "There is no such file."), (final.Ending, final.Error));
        var skipped = await RunAsync("skip");
        Assert.Equal((AttemptEnding.Skipped, "Nothing to do."), (skipped.Ending, skipped.Error));
        var deferred = await RunAsync("defer");
        Assert.Equal((AttemptEnding.Deferred, TimeSpan.FromMinutes(3)), (deferred.Ending, deferred.DeferFor));
    }

    [Fact]
    public async Task Its_services_are_disposed_of_when_it_has_ended()
    {
        using var folder = new TemporaryDirectory();
        var file = folder.Combine("trace");
        var report = await RunAsync(OrderOf("scoped") with { Parameters = JsonSerializer.Serialize(new { file }) });
        Assert.True(report.Ending == AttemptEnding.Success, report.Error);
        Assert.Equal("disposed", await File.ReadAllTextAsync(file, Cancellation));
    }

    [Fact]
    public async Task A_result_that_is_too_large_is_refused()
    {
        var report = await RunAsync("large");
        Assert.Equal(AttemptEnding.FailedForGood, report.Ending);
        Assert.Contains("at most 1048576 are kept", report.Error, StringComparison.Ordinal);
    }
}
