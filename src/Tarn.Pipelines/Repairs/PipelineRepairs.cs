using System.Text.Json;

namespace Tarn.Pipelines;

/// <summary>How a pipeline's repairs stand.</summary>
/// <param name="Sources">The tables that repair it.</param>
/// <param name="Pending">The data intervals that wait for their repair, in order; neighbours of one cause together.</param>
/// <param name="Runs">The runs that repaired, newest first, with their causes.</param>
public sealed record PipelineRepairs(IReadOnlyList<RepairingTable> Sources, IReadOnlyList<PendingRepair> Pending, IReadOnlyList<RunSummary> Runs);

/// <summary>A table that repairs a pipeline.</summary>
/// <param name="Table">The table, <c>layer.name</c>.</param>
/// <param name="SeenVersion">The version up to which its commits have been taken up; -1 where the table had none, null before the first look.</param>
/// <param name="CurrentVersion">Its latest version; null where there is no such table, or it cannot be read now.</param>
/// <param name="Horizon">How far back an interval may end.</param>
/// <param name="MaxActiveRuns">How many repairs run at a time.</param>
public sealed record RepairingTable(string Table, long? SeenVersion, long? CurrentVersion, TimeSpan Horizon, int MaxActiveRuns)
{
    /// <summary>How many versions have not been taken up yet; null where that is not known.</summary>
    public long? Lag => SeenVersion is { } seen && CurrentVersion is { } current ? Math.Max(0, current - seen) : null;

    /// <summary>The horizon in seconds.</summary>
    public double HorizonSeconds => Horizon.TotalSeconds;
}

/// <summary>Data intervals in a row that wait for their repair.</summary>
/// <param name="Start">The start of the first.</param>
/// <param name="End">The end of the last.</param>
/// <param name="Intervals">How many they are.</param>
/// <param name="Cause">
/// Why, as a JSON object: <c>table</c>, <c>fromVersion</c>, <c>toVersion</c>, <c>commits</c>, <c>touched</c> (spans of event time with <c>start</c> and <c>end</c>); <c>coarse</c> where these are
/// wider than what was touched, <c>wholeHorizon</c> with the reason where it is not known, <c>also</c> with the same of further tables.
/// </param>
/// <param name="DueAt">The earliest moment at which the repair is run: when the table has been quiet for a while.</param>
public sealed record PendingRepair(DateTimeOffset Start, DateTimeOffset End, long Intervals, JsonElement Cause, DateTimeOffset DueAt);
