using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>The suite on processes of their own, and what only they promise.</summary>
public sealed class ChildProcessExecutorTests : TaskExecutorContract
{
    protected override TaskExecutor Executor { get; } = ChildExecutorProcess.Executor();

    [Fact]
    public async Task Deaf_code_is_killed_after_the_grace()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = ChildExecutorProcess.Executor(TimeSpan.FromMilliseconds(100)).ExecuteAsync(OrderOf("deaf"), Heard, cancel.Token);
        await Heard.WaitAsync(static heard => heard.Lines.Count > 0, Cancellation);
        await cancel.CancelAsync();
        var report = await running;
        Assert.Equal(AttemptEnding.Failed, report.Ending);
        Assert.Contains("went on for 0.1 s after it was told to stop", report.Error, StringComparison.Ordinal);
        Assert.False(IsAlive(ProcessOf(Heard.Lines[0].Message)));
    }

    [Fact]
    public async Task Threads_that_code_leaves_behind_do_not_keep_the_process()
    {
        var report = await ChildExecutorProcess.Executor(TimeSpan.FromMilliseconds(100)).ExecuteAsync(OrderOf("leaves-a-thread"), Heard, Cancellation);
        Assert.Equal(AttemptReport.Success(null), report);
    }

    [Fact]
    public async Task It_is_killed_above_its_memory_limit_and_the_error_names_limit_measure_and_remedy()
    {
        var report = await RunAsync(OrderOf("native-memory") with { MemoryLimit = 256 << 20 });
        Assert.Equal(AttemptEnding.Failed, report.Ending);
        Assert.Matches(@"^The process of the attempt was killed: it had [\d.]+ MiB of resident memory, and its limit is 256 MiB\. Raise the task's ChildProcess", report.Error);
    }

    [Fact]
    public async Task A_heap_that_is_full_is_told_as_the_memory_limit()
    {
        var report = await RunAsync(OrderOf("managed-memory") with { MemoryLimit = 128 << 20 });
        Assert.Equal(AttemptEnding.Failed, report.Ending);
        Assert.Contains("its limit is 128 MiB", report.Error, StringComparison.Ordinal);
        Assert.Contains("Raise the task's ChildProcess", report.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_ends_its_process_fails_with_the_exit_code_or_signal_and_the_last_errors()
    {
        var exit = await RunAsync("exit");
        Assert.Equal((AttemptEnding.Failed, "The process of the attempt ended before its code had: exit code 7, nothing on standard error."), (exit.Ending, exit.Error));
        var failFast = await RunAsync("fail-fast");
        Assert.Equal(AttemptEnding.Failed, failFast.Ending);
        Assert.Contains("It broke beyond repair.", failFast.Error, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Contains("signal 6 (SIGABRT)", failFast.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_it_prints_becomes_lines_of_its_log()
    {
        var report = await RunAsync("print");
        Assert.True(report.Ending == AttemptEnding.Success, report.Error);
        var printed = Heard.Lines.Where(static l => l.Category == "stdout").ToList();
        Assert.All(printed, static l => Assert.Equal(LogLevel.Information, l.Level));
        Assert.Equal(["printed", "in two lines"], printed.Take(2).Select(static l => l.Message));
        Assert.Equal(new string('y', 100_000), string.Concat(printed.Skip(2).Select(static l => l.Message)));
        Assert.Contains(new HeardLine(LogLevel.Warning, "stderr", "an error line", null, null), Heard.Lines);
    }

    [Fact]
    public async Task What_its_code_traces_is_inside_the_span_of_the_attempt()
    {
        Assert.Equal("\"\"", (await RunAsync("trace")).Result);
        using var attempt = new Activity("attempt") { TraceStateString = "vendor=1" }.SetIdFormat(ActivityIdFormat.W3C).Start();
        Assert.Equal($"\"{attempt.TraceId} {attempt.SpanId} vendor=1\"", (await RunAsync("trace")).Result);
    }

    [Fact]
    public async Task Attempts_side_by_side_keep_apart()
    {
        var reports = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Executor.ExecuteAsync(
            OrderOf("each") with { Item = i.ToString(CultureInfo.InvariantCulture) }, new HeardAttempt(), Cancellation)));
        Assert.Equal(["\"each of attempt 1: 0\"", "\"each of attempt 1: 1\"", "\"each of attempt 1: 2\"", "\"each of attempt 1: 3\""], reports.Select(static r => r.Result));
    }

    [Fact]
    public async Task When_the_parent_is_killed_its_child_is_gone()
    {
        await using var parent = ChildProgram.Start(typeof(ChildExecutorProcess).Assembly.Location, [ChildExecutorProcess.ParentVerb]);
        await parent.WaitForOutputAsync(static text => text.Contains('\n', StringComparison.Ordinal), Cancellation);
        using var child = Process.GetProcessById(ProcessOf(parent.Output));
        await parent.KillAsync();
        await child.WaitForExitAsync(Cancellation);
        Assert.True(child.HasExited);
    }

    [Fact]
    public async Task A_program_that_cannot_be_opened_fails_the_attempt_with_its_reason()
    {
        var report = await ChildExecutorProcess.Executor(input: "nonsense").ExecuteAsync(OrderOf("numbers"), Heard, Cancellation);
        Assert.Equal(AttemptEnding.Failed, report.Ending);
        Assert.Contains("could not open", report.Error, StringComparison.Ordinal);
        Assert.Contains("nonsense", report.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_an_error_that_names_it()
    {
        var executor = new ChildProcessExecutor(
            new ChildProcessOptions { Program = "/no/such/program" },
            TimeProvider.System,
            IdSource.Create(TimeProvider.System),
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var error = await Assert.ThrowsAsync<TarnException>(() => executor.ExecuteAsync(OrderOf("numbers"), Heard, Cancellation));
        Assert.Equal((ErrorKind.Unavailable, "/no/such/program"), (error.Kind, error.Value));
    }

    [Fact]
    public void A_task_whose_executor_the_program_does_not_have_is_an_error_at_the_start_with_all_others()
    {
        using var world = new PipelineWorld();
        var error = Assert.Throws<TarnException>(() => world.Start(
            PipelineWorld.Build("a", static p => p.Task("one", static () => { }, configure: static t => t.ChildProcess()).Task("two", static () => { }, configure: static t => t.Pool("small", 2))),
            PipelineWorld.Build("b", static p => p.Task("three", static () => { }, configure: static t => t.Executor("elsewhere")))));
        Assert.Contains("pipeline 'a': task 'one' is run by executor 'child-process', and there are in-process", error.Message, StringComparison.Ordinal);
        Assert.Contains("pipeline 'a': task 'two' takes 2 slots", error.Message, StringComparison.Ordinal);
        Assert.Contains("pipeline 'b': task 'three' is run by executor 'elsewhere'", error.Message, StringComparison.Ordinal);
    }

    private static int ProcessOf(string started) => int.Parse(started.Trim().Split(' ')[^1], CultureInfo.InvariantCulture);

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
