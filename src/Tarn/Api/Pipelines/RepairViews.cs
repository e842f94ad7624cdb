using System.Text.Json;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>How a pipeline's past intervals are repaired.</summary>
internal sealed record RepairsView(IReadOnlyList<RepairProgressView> Sources, IReadOnlyList<PendingRepairView> Pending, IReadOnlyList<RunView> Runs);

/// <summary>A repairing table: the version up to which it was looked at, the newest, and how many commits lie between.</summary>
internal sealed record RepairProgressView(string Table, long? SeenVersion, long? CurrentVersion, double HorizonSeconds, int MaxActiveRuns, long? Lag);

/// <summary>Intervals that wait to be run again.</summary>
internal sealed record PendingRepairView(DateTimeOffset Start, DateTimeOffset End, long Intervals, JsonElement Cause, DateTimeOffset DueAt);

/// <summary>Repairs, as the API says them.</summary>
internal static class RepairViews
{
    public static RepairsView Of(PipelineRepairs repairs) => new(
        [.. repairs.Sources.Select(static t => new RepairProgressView(t.Table, t.SeenVersion, t.CurrentVersion, t.Horizon.TotalSeconds, t.MaxActiveRuns, t.Lag))],
        [.. repairs.Pending.Select(static p => new PendingRepairView(p.Start, p.End, p.Intervals, p.Cause, p.DueAt))],
        [.. repairs.Runs.Select(RunViews.Of)]);
}
