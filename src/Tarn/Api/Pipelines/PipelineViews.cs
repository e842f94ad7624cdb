using Tarn.Core;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>Pipelines and their definitions, as the API says them.</summary>
internal static class PipelineViews
{
    private static readonly (PipelineEvents Event, string Name)[] EventNames =
    [
        (PipelineEvents.Failure, AlertKinds.Failure),
        (PipelineEvents.Retry, AlertKinds.Retry),
        (PipelineEvents.SlaMissed, AlertKinds.SlaMissed),
        (PipelineEvents.Recovered, AlertKinds.Recovered),
    ];

    public static PipelineView Of(PipelineSummary p, PipelineDefinition definition) => new(
        p.Name,
        p.Description,
        p.Schedule,
        p.TimeZone,
        p.CatchUp,
        p.Paused,
        p.NextRun is { } next ? new PlannedRunView(next.LogicalDate, next.Start, next.End, next.RunAfter) : null,
        [.. p.LastRuns.Select(RunViews.Of)],
        [.. definition.Tasks.Select(Of)],
        p.MaxActiveRuns,
        p.Retries,
        p.DefinitionHash,
        new IntervalTotalsView(p.Intervals.Success, p.Intervals.Failed, p.Intervals.Cancelled, p.Intervals.Total),
        [.. definition.Parameters.Select(static d => new ParameterView(d.Name, d.IsRequired, d.Description, d.Default, d.Schema))],
        [.. definition.TriggeredBy.Select(static s => new DataSourceView(s.Kind == DataSourceKind.Table ? "table" : "topic", s.Name))],
        [.. definition.RepairedBy.Select(static r => new RepairSourceView(r.Table, r.Horizon.TotalSeconds, r.MaxActiveRuns))],
        definition.Sla?.TotalSeconds,
        definition.RunTimeout?.TotalSeconds,
        definition.MaxActiveTasks,
        [.. definition.Alerts.Select(static r => new AlertRuleView([.. EventNames.Where(e => r.Events.HasFlag(e.Event)).Select(static e => e.Name)], r.Channels))])
    {
        TriggersOnAll = definition.TriggersOnAll,
    };

    public static GridView Of(RunGrid grid, PipelineDefinition definition) => new(
        [.. definition.Tasks.Select(static t => new GridTaskHeadView(t.Name, t.Kind.Name(), t.Group, t.After))],
        [.. grid.Runs.Select(static r => new GridRunView(
            RunViews.Of(r.Run),
            [.. r.Tasks.Select(static t => new GridTaskView(
                t.Name, t.State.Name(), t.Attempts, t.StartedAt, t.EndedAt, t.DurationMs, t.Note, t.Calls?.ToDictionary(static c => c.Key.Name(), static c => c.Value)))]))]);

    public static CalendarView Of(IReadOnlyList<CalendarDay> days) => new(
        [.. days.Select(static d => new CalendarDayView(d.Date, d.Intervals, d.Succeeded, d.Failed, d.Cancelled, d.NoRun, d.NotEnded))]);

    public static IntervalsView Of(PipelineIntervals intervals) => new(
        intervals.From,
        intervals.To,
        [.. intervals.Ranges.Select(static r => new IntervalRangeView(r.Start, r.End, NameOf(r.State), r.Intervals))],
        Of(intervals.Counts));

    public static IntervalCountsView Of(IntervalCounts counts) => new(counts.None, counts.Success, counts.Failed, counts.Cancelled, counts.Total);

    public static NodeView Of(NodeSummary node) => new(node.Id, node.Name, node.State, node.IsLeader, node.Slots, node.Running, node.StartedAt, node.SeenAt);

    private static TaskView Of(TaskDefinition t) => new(
        t.Name,
        t.Description,
        t.After,
        t.Kind.Name(),
        t.Rule.Name(),
        t.Group,
        t.Pool,
        t.Slots,
        t.Priority,
        t.MaxActive,
        t.Retry.Count,
        t.Timeout?.TotalSeconds,
        t.Over,
        t.SubPipeline,
        t.TeardownOf,
        t.DependsOnPast,
        t.MayFail,
        t.Executor,
        t.Cache is not null);

    private static string NameOf(IntervalState state) => state switch
    {
        IntervalState.Success => "success",
        IntervalState.Failed => "failed",
        IntervalState.Cancelled => "cancelled",
        _ => "none",
    };
}
