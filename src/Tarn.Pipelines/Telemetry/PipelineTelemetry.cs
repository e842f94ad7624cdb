using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Tarn.Pipelines;

/// <summary>
/// Metrics and traces of the orchestrator, by OpenTelemetry's semantic conventions for CI/CD (https://opentelemetry.io/docs/specs/semconv/cicd/), whose pipelines, runs and tasks are ours.
/// What they have no name for begins with <c>tarn.</c>. Whoever listens to the meter and the source called <see cref="Name"/> gets them; without a listener they cost next to nothing.
/// </summary>
public static class PipelineTelemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Tarn.Pipelines";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> RunDuration = Meter.CreateHistogram<double>("cicd.pipeline.run.duration", "s", "How long runs were in a state: pending or executing.");
    private static readonly UpDownCounter<long> RunsActive = Meter.CreateUpDownCounter<long>("cicd.pipeline.run.active", "{run}", "Runs that are executing.");
    private static readonly Counter<long> RunErrors = Meter.CreateCounter<long>("cicd.pipeline.run.errors", "{error}", "Attempts that failed.");
    private static readonly Histogram<double> TaskDuration = Meter.CreateHistogram<double>("tarn.pipeline.task.run.duration", "s", "How long attempts took.");
    private static readonly Histogram<double> ScheduleDelay = Meter.CreateHistogram<double>("tarn.pipeline.schedule.delay", "s", "From the end of a scheduled data interval to the start of its run.");

    /// <summary>A run begins to execute here; dispose of what is returned when it no longer does.</summary>
    internal static Activity? RunStarted(RunRow run)
    {
        RunsActive.Add(1, Pipeline(run.Pipeline), State("executing"));
        if (run is { StartedAt: { } started, Trigger: "scheduled", Retried: 0 })
        {
            ScheduleDelay.Record((started - run.IntervalEnd) / 1e6, Pipeline(run.Pipeline));
        }

        var activity = Source.CreateActivity($"RUN {run.Pipeline}", ActivityKind.Server, default(ActivityContext));
        activity?.SetTag("cicd.pipeline.name", run.Pipeline).SetTag("cicd.pipeline.run.id", run.Id).SetTag("cicd.pipeline.action.name", "RUN").SetTag("tarn.pipeline.run.trigger", run.Trigger);
        return activity?.Start();
    }

    internal static void RunLeft(RunRow run, Activity? activity)
    {
        RunsActive.Add(-1, Pipeline(run.Pipeline), State("executing"));
        if (run.EndedAt is { } ended)
        {
            var result = Result(run.State);
            RunDuration.Record((ended - (run.StartedAt ?? ended)) / 1e6, Pipeline(run.Pipeline), State("executing"), new("cicd.pipeline.result", result));
            RunDuration.Record(((run.StartedAt ?? ended) - run.QueuedAt) / 1e6, Pipeline(run.Pipeline), State("pending"));
            activity?.SetTag("cicd.pipeline.result", result);
            if (run.State == "failed")
            {
                activity?.SetTag("error.type", "task_failed").SetStatus(ActivityStatusCode.Error, run.Error);
            }
        }

        activity?.Dispose();
    }

    /// <summary>The span of an attempt; what its code does is inside it.</summary>
    internal static Activity? AttemptStarted(AttemptOrder order, Activity? run) =>
        Start(Source.CreateActivity($"task {order.Task}", ActivityKind.Internal, run?.Context ?? default), order);

    /// <summary>
    /// The span of an attempt's code in a process of its own, inside the span of the attempt in the process that ordered it. Where nobody in this process listens to ours, those of the code
    /// are in that trace all the same.
    /// </summary>
    internal static Activity? AttemptContinued(AttemptOrder order, string? traceParent, string? traceState)
    {
        if (!ActivityContext.TryParse(traceParent, traceState, isRemote: true, out var parent))
        {
            return Start(Source.CreateActivity($"code {order.Task}", ActivityKind.Internal), order);
        }

        return Start(
            Source.CreateActivity($"code {order.Task}", ActivityKind.Internal, parent)
                ?? new Activity($"code {order.Task}") { TraceStateString = traceState }.SetParentId(parent.TraceId, parent.SpanId, parent.TraceFlags),
            order);
    }

    internal static void AttemptEnded(AttemptOrder order, AttemptOutcome outcome, TimeSpan took, Activity? activity)
    {
        var result = outcome.Kind switch
        {
            AttemptOutcomeKind.Success or AttemptOutcomeKind.Deferred => "success",
            AttemptOutcomeKind.Skipped => "skip",
            AttemptOutcomeKind.Cancelled or AttemptOutcomeKind.Interrupted => "cancellation",
            _ => "failure",
        };
        TaskDuration.Record(took.TotalSeconds, Pipeline(order.Pipeline), new("cicd.pipeline.task.name", order.Task), new("cicd.pipeline.task.run.result", result));
        activity?.SetTag("cicd.pipeline.task.run.result", result);
        if (result == "failure")
        {
            RunErrors.Add(1, Pipeline(order.Pipeline), new("error.type", "task_failed"));
            activity?.SetTag("error.type", "task_failed").SetStatus(ActivityStatusCode.Error, outcome.Error);
        }

        activity?.Dispose();
    }

    private static Activity? Start(Activity? activity, AttemptOrder order) => activity?
        .SetTag("cicd.pipeline.name", order.Pipeline)
        .SetTag("cicd.pipeline.run.id", order.RunId)
        .SetTag("cicd.pipeline.task.name", order.Task)
        .SetTag("cicd.pipeline.task.run.id", $"{order.RunId}/{order.Name}/{order.Attempt}")
        .Start();

    private static string Result(string state) => state switch
    {
        "success" => "success",
        "cancelled" => "cancellation",
        _ => "failure",
    };

    private static KeyValuePair<string, object?> Pipeline(string name) => new("cicd.pipeline.name", name);

    private static KeyValuePair<string, object?> State(string state) => new("cicd.pipeline.run.state", state);
}
