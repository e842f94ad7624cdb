using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Moves a backfill on, inside a transaction of the caller's: makes the runs that its limit allows, in order.</summary>
internal static class BackfillAdvance
{
    /// <summary>How many intervals one call decides at most, so that no transaction takes long.</summary>
    public const int MostDecided = 2000;

    /// <summary>How many intervals beyond those that there is room for are looked at, in case that some are left out.</summary>
    private const int LookAhead = 100;

    /// <summary>
    /// Makes the next runs, as far as the limit of active ones allows. An interval that another run has by now, or that ended by another in a way that the backfill
    /// does not reprocess, is left out.
    /// </summary>
    /// <param name="connection">The store.</param>
    /// <param name="transaction">The caller's: what <paramref name="make"/> writes and how far the backfill has come take effect together.</param>
    /// <param name="id">The backfill; where it is not running, nothing is done.</param>
    /// <param name="timetable">The pipeline's timetable of now: where it has changed since the backfill was made, those of its intervals are run that lie in what was decided.</param>
    /// <param name="now">The moment.</param>
    /// <param name="make">Makes the run of an interval, in the transaction.</param>
    public static async Task<BackfillStep> NextAsync(
        DbConnection connection, DbTransaction transaction, string id, Timetable timetable, DateTimeOffset now, Func<DataInterval, Task> make)
    {
        var row = await BackfillQueries.RowAsync(connection, id, transaction);
        var before = row.Summary();
        var free = before.MaxActiveRuns - before.Active;
        if (before.State != BackfillState.Running || free <= 0)
        {
            return new BackfillStep(before, 0, More: false);
        }

        // One more than are decided tells whether others are left.
        var most = (int)Math.Min(MostDecided, free + LookAhead);
        var candidates = await CandidatesAsync(connection, transaction, row, timetable, most + 1);
        var taken = await TakenAsync(connection, transaction, before, candidates);
        var decided = 0;
        for (; decided < Math.Min(candidates.Count, most); decided++)
        {
            var interval = candidates[decided];
            if (taken(interval))
            {
                row.LeftOut++;
            }
            else if (row.Made - before.Made < free)
            {
                await make(interval);
                row.Made++;
            }
            else
            {
                break;
            }

            row.Reached = Instant.ToMicroseconds(before.RunBackwards ? interval.Start : interval.End);
        }

        // A timetable that has changed may give more intervals than there were to be, or fewer: it ends when none are left.
        var rest = candidates.Count - decided;
        var exhausted = rest == 0;
        row.Total = exhausted ? row.Made + row.LeftOut : Math.Max(row.Total, row.Made + row.LeftOut + rest);
        await connection.ExecuteAsync(
            "UPDATE pipeline_backfill SET reached = @Reached, made = @Made, left_out = @LeftOut, total = @Total WHERE id = @Id", row, transaction);
        var after = await Backfills.EndAsync(connection, transaction, id, now);
        return new BackfillStep(after, (int)(row.Made - before.Made), More: !exhausted && after.Active < after.MaxActiveRuns);
    }

    /// <summary>The next intervals of it in its order, at most so many.</summary>
    private static async Task<List<DataInterval>> CandidatesAsync(DbConnection connection, DbTransaction transaction, BackfillRow row, Timetable timetable, int most)
    {
        var backwards = row.Backwards != 0;
        var where = backwards
            ? "interval_start < @Reached ORDER BY interval_start DESC"
            : """
              interval_start >= coalesce((SELECT max(interval_start) FROM pipeline_backfill_range WHERE backfill = @Id AND interval_start <= @Reached), @Reached)
              ORDER BY interval_start
              """;
        var spans = await connection.QueryAsync<BackfillSpanRow>(
            $"SELECT {BackfillSpanRow.Columns} FROM pipeline_backfill_range WHERE backfill = @Id AND {where} LIMIT {most}", row, transaction);
        var reached = Instant.FromMicroseconds(row.Reached);
        var candidates = new List<DataInterval>();
        foreach (var span in spans.Select(static s => s.Span()))
        {
            var (from, to) = backwards ? (span.Start, span.End < reached ? span.End : reached) : (span.Start > reached ? span.Start : reached, span.End);
            foreach (var interval in timetable.Between(from, to, backwards).Where(i => i.End <= span.End))
            {
                candidates.Add(interval);
                if (candidates.Count == most)
                {
                    return candidates;
                }
            }
        }

        return candidates;
    }

    /// <summary>Which of the candidates are not for the backfill any more.</summary>
    private static async Task<Func<DataInterval, bool>> TakenAsync(
        DbConnection connection, DbTransaction transaction, BackfillSummary backfill, List<DataInterval> candidates)
    {
        if (candidates.Count == 0)
        {
            return static _ => false;
        }

        var active = (await IntervalRuns.ActiveAsync(connection, transaction, backfill.Pipeline)).ToHashSet();
        var (first, last) = backfill.RunBackwards ? (candidates[^1], candidates[0]) : (candidates[0], candidates[^1]);
        var ranges = (await IntervalStates.ListAsync(connection, transaction, backfill.Pipeline, first.Start, last.End))
            .Where(r => !backfill.Reprocess.Takes(r.State)).ToArray();
        var starts = Array.ConvertAll(ranges, static r => r.Start);
        return interval =>
        {
            if (active.Contains(interval))
            {
                return true;
            }

            var index = Array.BinarySearch(starts, interval.Start);
            index = index < 0 ? ~index - 1 : index;
            return index >= 0 && ranges[index].End >= interval.End;
        };
    }
}

/// <summary>What a backfill's move did.</summary>
/// <param name="Backfill">The backfill as it is now.</param>
/// <param name="Made">How many runs were made.</param>
/// <param name="More">Whether it is to be called again at once, in another transaction: there are intervals left, and room for their runs.</param>
internal sealed record BackfillStep(BackfillSummary Backfill, int Made, bool More);
