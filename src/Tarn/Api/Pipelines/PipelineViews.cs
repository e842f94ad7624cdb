using Tarn.Pipelines;

namespace Tarn;

/// <summary>What the orchestrator knows, as the API says it.</summary>
internal static class PipelineViews
{
    public static PipelineView Of(PipelineSummary p) => new(
        p.Name,
        p.Description,
        p.Schedule,
        p.TimeZone,
        p.CatchUp,
        p.Paused,
        p.NextRun is { } next ? new PlannedRunView(next.LogicalDate, next.Start, next.End, next.RunAfter) : null,
        [.. p.LastRuns.Select(Of)],
        [.. p.Tasks.Select(static t => new TaskView(t.Name, t.After))],
        p.MaxActiveRuns,
        p.Retries);

    public static RunView Of(RunSummary r) => new(
        r.Id, r.Pipeline, Name(r.Trigger), Name(r.State), r.LogicalDate, Interval(r), r.QueuedAt, r.StartedAt, r.EndedAt, r.DurationMs, r.Error);

    public static RunDetailsView Of(RunDetails details)
    {
        var r = details.Run;
        return new RunDetailsView(
            r.Id, r.Pipeline, Name(r.Trigger), Name(r.State), r.LogicalDate, Interval(r), r.QueuedAt, r.StartedAt, r.EndedAt, r.DurationMs, r.Error, [.. details.Tasks.Select(Of)]);
    }

    public static LogLineView Of(AttemptLogLine line) =>
        new(line.Sequence, line.At, line.Task, line.Attempt, line.Level.ToString().ToLowerInvariant(), line.Message, line.Exception);

    public static string Name(RunState state) => StateNames.Name(state);

    public static string Name(AttemptState state) => StateNames.Name(state);

    public static RunState? ParseState(string? text) => text?.ToUpperInvariant() switch
    {
        null or "" => null,
        "QUEUED" => RunState.Queued,
        "RUNNING" => RunState.Running,
        "SUCCESS" => RunState.Success,
        "FAILED" => RunState.Failed,
        "CANCELLED" => RunState.Cancelled,
        _ => throw Core.TarnException.InvalidInput("state is one of queued, running, success, failed, cancelled.", text),
    };

    private static string Name(RunTrigger trigger) => StateNames.Name(trigger);

    private static IntervalView Interval(RunSummary r) => new(r.DataInterval.Start, r.DataInterval.End);

    private static RunTaskView Of(TaskDetails t) => new(t.Name, t.After, Name(t.State), t.RetryAt, [.. t.Attempts.Select(Of)]);

    private static AttemptView Of(AttemptDetails a) => new(a.Number, Name(a.State), a.StartedAt, a.EndedAt, a.DurationMs, a.Error, a.Reported);
}
