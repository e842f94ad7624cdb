using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// How the latest runs of a pipeline's data intervals ended, kept as ranges in the metadata store: neighbours that ended alike are one row, so that five years of
/// successes are one. Everything works inside a transaction of the caller's.
/// </summary>
internal static class IntervalStates
{
    private const string Columns = "state AS State, interval_start AS IntervalStart, interval_end AS IntervalEnd, intervals AS Intervals";

    /// <summary>
    /// Notes how a run of an interval ended. The usual case, one more at the end that ended like the one before, is one statement. What is no interval of the timetable (an
    /// earlier one's, of a run that outlived a change of its definition) is not kept.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">The caller's.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="timetable">Its timetable.</param>
    /// <param name="interval">The interval.</param>
    /// <param name="state">How the run ended.</param>
    /// <param name="run">The run's number: where a later run of the interval has ended, which an older one that is tried again finds, that one's end stays. Null for whatever there is.</param>
    /// <returns>Whether it is one of the timetable's.</returns>
    public static async Task<bool> SetAsync(
        DbConnection connection, DbTransaction transaction, string pipeline, Timetable timetable, DataInterval interval, IntervalState state, long? run = null)
    {
        try
        {
            if (timetable.StartingAtOrAfter(interval.Start) != interval)
            {
                return false;
            }

            if ((state == IntervalState.None || !await AppendAsync(connection, transaction, pipeline, interval, state))
                && !(run is { } number && await HasLaterEndAsync(connection, transaction, pipeline, interval, number)))
            {
                await PutAsync(connection, transaction, pipeline, timetable, new IntervalSpan(interval.Start, interval.End, 1), state);
            }

            return true;
        }
        catch (TimetableException)
        {
            // It must not keep a run from its end. Its schedule, which asks it as well, tells what it throws.
            return false;
        }
    }

    /// <summary>Gives all intervals that lie wholly in a span one state; returns how many they are.</summary>
    public static async Task<long> SetSpanAsync(
        DbConnection connection, DbTransaction transaction, string pipeline, Timetable timetable, DateTimeOffset from, DateTimeOffset to, IntervalState state)
    {
        if (IntervalFit.Counted(timetable, from, to) is not { } span)
        {
            return 0;
        }

        await PutAsync(connection, transaction, pipeline, timetable, span, state);
        return span.Intervals;
    }

    /// <summary>The ranges that overlap a span, in order, as they are kept: the first and the last may reach beyond it.</summary>
    public static async Task<IReadOnlyList<IntervalRange>> ListAsync(
        DbConnection connection, DbTransaction? transaction, string pipeline, DateTimeOffset from, DateTimeOffset to) =>
        [.. (await NearAsync(connection, transaction, pipeline, from, to)).Where(r => r.End > from && r.Start < to)];

    /// <summary>How the latest run of an interval ended.</summary>
    public static async Task<IntervalState> OfAsync(DbConnection connection, DbTransaction? transaction, string pipeline, DataInterval interval) =>
        (await ListAsync(connection, transaction, pipeline, interval.Start, interval.End)) is [var range] && range.Start <= interval.Start && range.End >= interval.End
            ? range.State
            : IntervalState.None;

    /// <summary>How many intervals ended in each state, as they are kept. <see cref="IntervalCounts.None"/> is zero.</summary>
    public static async Task<IntervalCounts> CountsAsync(DbConnection connection, DbTransaction? transaction, string pipeline)
    {
        var rows = await connection.QueryAsync<(string State, long Intervals)>(
            "SELECT state, CAST(sum(intervals) AS BIGINT) FROM pipeline_interval WHERE pipeline = @pipeline GROUP BY state", new { pipeline }, transaction);
        return rows.Aggregate(IntervalCounts.Zero, static (counts, row) => counts.Plus(IntervalStateNames.Parse(row.State), row.Intervals));
    }

    private static async Task<bool> HasLaterEndAsync(DbConnection connection, DbTransaction transaction, string pipeline, DataInterval interval, long run) =>
        await connection.QueryFirstOrDefaultAsync<long?>(
            """
            SELECT seq FROM pipeline_run WHERE pipeline = @pipeline AND interval_start = @start AND interval_end = @end AND seq > @run AND parent IS NULL
                AND started_at IS NOT NULL AND ended_at IS NOT NULL LIMIT 1
            """,
            new { pipeline, start = Instant.ToMicroseconds(interval.Start), end = Instant.ToMicroseconds(interval.End), run },
            transaction) is not null;

    private static async Task<bool> AppendAsync(DbConnection connection, DbTransaction transaction, string pipeline, DataInterval interval, IntervalState state) =>
        await connection.ExecuteAsync(
            """
            UPDATE pipeline_interval SET interval_end = @end, intervals = intervals + 1
            WHERE pipeline = @pipeline AND interval_end = @start AND state = @state
                AND interval_start = (SELECT max(interval_start) FROM pipeline_interval WHERE pipeline = @pipeline)
            """,
            new { pipeline, state = state.Name(), start = Instant.ToMicroseconds(interval.Start), end = Instant.ToMicroseconds(interval.End) },
            transaction) == 1;

    /// <summary>Asks the timetable before it writes.</summary>
    private static async Task PutAsync(
        DbConnection connection, DbTransaction transaction, string pipeline, Timetable timetable, IntervalSpan span, IntervalState state)
    {
        var from = timetable.LatestComplete(span.Start)?.End ?? span.Start;
        var to = timetable.StartingAtOrAfter(span.End)?.Start ?? span.End;
        var before = await NearAsync(connection, transaction, pipeline, from, to);
        if (before.Any(r => r.State == state && r.Start <= span.Start && r.End >= span.End))
        {
            return;
        }

        var after = RangeEdit.Put(timetable, before, span, state);
        var starts = after.Select(static r => r.Start).ToHashSet();
        await connection.ExecuteAsync(
            "DELETE FROM pipeline_interval WHERE pipeline = @pipeline AND interval_start = @start",
            before.Where(r => !starts.Contains(r.Start)).Select(r => new { pipeline, start = Instant.ToMicroseconds(r.Start) }),
            transaction);
        var kept = before.ToHashSet();
        await connection.ExecuteAsync(
            """
            INSERT INTO pipeline_interval(pipeline, interval_start, interval_end, state, intervals) VALUES (@pipeline, @start, @end, @state, @intervals)
            ON CONFLICT(pipeline, interval_start) DO UPDATE SET interval_end = excluded.interval_end, state = excluded.state, intervals = excluded.intervals
            """,
            after.Where(r => !kept.Contains(r)).Select(r => new
            {
                pipeline,
                start = Instant.ToMicroseconds(r.Start),
                end = Instant.ToMicroseconds(r.End),
                state = r.State.Name(),
                intervals = r.Intervals,
            }),
            transaction);
    }

    /// <summary>The ranges that overlap a span or touch it. Ranges do not overlap, so at most one of those that start before it reaches into it.</summary>
    private static async Task<List<IntervalRange>> NearAsync(
        DbConnection connection, DbTransaction? transaction, string pipeline, DateTimeOffset from, DateTimeOffset to)
    {
        var rows = await connection.QueryAsync<IntervalRow>(
            $"""
            SELECT {Columns} FROM pipeline_interval
            WHERE pipeline = @pipeline AND interval_start <= @to
                AND interval_start >= coalesce((SELECT max(interval_start) FROM pipeline_interval WHERE pipeline = @pipeline AND interval_start < @from), @from)
            ORDER BY interval_start
            """,
            new { pipeline, from = Instant.ToMicroseconds(from), to = Instant.ToMicroseconds(to) },
            transaction);
        return [.. rows.Select(static r => r.Range()).Where(r => r.End >= from)];
    }

    /// <summary>A row of pipeline_interval, as Dapper reads it.</summary>
    private sealed class IntervalRow
    {
        public string State { get; set; } = "";

        public long IntervalStart { get; set; }

        public long IntervalEnd { get; set; }

        public long Intervals { get; set; }

        public IntervalRange Range() =>
            new(IntervalStateNames.Parse(State), Instant.FromMicroseconds(IntervalStart), Instant.FromMicroseconds(IntervalEnd), Intervals);
    }
}
