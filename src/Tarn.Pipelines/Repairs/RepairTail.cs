using System.Data.Common;
using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>What a pipeline takes up of a table's new commits: a step of its cursor, and the repairs that follow, in one transaction. So nothing is lost, and nothing comes twice.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Source">The table.</param>
/// <param name="Cursor">How far it had been seen.</param>
/// <param name="Commits">What came since, oldest first.</param>
/// <param name="Position">Where the table stands by the last of them.</param>
internal sealed record RepairTail(PipelineDefinition Pipeline, RepairSource Source, SourceCursor Cursor, IReadOnlyList<TouchedCommit> Commits, TablePosition Position)
{
    /// <summary>Stores it; false where another leader has been here.</summary>
    public async Task<bool> StoreAsync(DbConnection connection, DbTransaction transaction, DateTimeOffset now)
    {
        if (!await SourceCursors.AdvanceAsync(connection, transaction, Cursor, SourceCursor.Text(Position.Version), Position.Id))
        {
            return false;
        }

        var timetable = Pipeline.Timetable!;
        var commits = Commits.Where(IsOfOthers).ToList();
        if (commits.Count == 0 || await TouchedIntervals.ProcessedAsync(connection, transaction, Pipeline.Name, timetable, now - Source.Horizon) is not { Count: > 0 } processed)
        {
            return true;
        }

        var touched = commits.ConvertAll(c => (Commit: c, Intervals: c.Touched is { } times ? TouchedIntervals.Of(timetable, processed, times.Spans) : processed));
        var all = Spans.Union(touched.SelectMany(static t => t.Intervals));
        if (all.Count == 0)
        {
            return true;
        }

        var runs = await IntervalRuns.ReadAsync(connection, transaction, Pipeline, all);
        var before = await PendingRanges.ListAsync(connection, transaction, Pipeline.Name, all[0].Start, all[^1].End);
        var after = before;
        foreach (var (commit, intervals) in touched)
        {
            var cause = Cause(commit, processed);
            foreach (var span in Spans.Except(intervals, runs.Seen(cause)))
            {
                after = PendingRange.Put(after, span, cause, now);
            }
        }

        await PendingRanges.ReplaceAsync(connection, transaction, Pipeline.Name, before, after);
        return true;
    }

    private bool IsOfOthers(TouchedCommit commit) =>
        commit.Touched is not { Spans.Count: 0 } && !commit.Applications.Any(a => WriteIds.IsOf(a, Pipeline.Name));

    private RepairCause Cause(TouchedCommit commit, List<EventSpan> processed) =>
        new(Source.Table, commit.FirstVersion, commit.Version, commit.Version - commit.FirstVersion + 1, commit.Touched?.Spans ?? processed)
        {
            TableId = Position.Id,
            Coarse = commit.Touched?.IsCoarse == true,
            WholeHorizon = commit.Touched is not null ? null
                : commit.Operation == Replaced ? "The table was made anew."
                : commit.IsGone ? "The table's log no longer holds the commits: what they touched is not known."
                : "The commit does not say which event times it touched.",
        };

    /// <summary>Stands for all that is not known of a table that was made anew.</summary>
    public static TouchedCommit Anew(TablePosition position) => new(position.Version, DateTimeOffset.MinValue, Replaced, [], null);

    private const string Replaced = "REPLACED";
}
