using System.Data.Common;
using System.Globalization;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Backfills, inside transactions of the caller's: what one is to run is decided at its creation and kept as ranges; its runs are made little by little, each in the transaction that
/// moves it on. So a process that dies at any moment loses no interval and repeats none.
/// </summary>
internal static class Backfills
{
    /// <summary>Makes a backfill. One that has nothing to run is made too, and has ended.</summary>
    /// <exception cref="TarnException">A value is out of its range, or another backfill of the pipeline that has not ended overlaps it.</exception>
    public static async Task<(BackfillSummary Backfill, BackfillPreview Preview)> CreateAsync(
        DbConnection connection, DbTransaction transaction, string id, BackfillRequest request, Timetable timetable, DateTimeOffset now)
    {
        request = request.Checked();
        await RefuseOverlapAsync(connection, transaction, request);
        var preview = await BackfillQueries.PreviewAsync(connection, transaction, request, timetable, now);
        await connection.ExecuteAsync(
            """
            INSERT INTO pipeline_backfill(id, pipeline, span_start, span_end, reprocess, max_active_runs, backwards, state, reached, total, created_at, ended_at)
            VALUES (@id, @pipeline, @from, @to, @reprocess, @maxActiveRuns, @backwards, @state, @reached, @total, @now, @ended)
            """,
            new
            {
                id,
                pipeline = request.Pipeline,
                from = Instant.ToMicroseconds(request.From),
                to = Instant.ToMicroseconds(request.To),
                reprocess = request.Reprocess.Name(),
                maxActiveRuns = request.MaxActiveRuns,
                backwards = request.RunBackwards ? 1 : 0,
                state = (preview.Total == 0 ? BackfillState.Success : BackfillState.Running).Name(),
                reached = Instant.ToMicroseconds(request.RunBackwards ? request.To : request.From),
                total = preview.Total,
                now = Instant.ToMicroseconds(now),
                ended = preview.Total == 0 ? Instant.ToMicroseconds(now) : (long?)null,
            },
            transaction);
        await connection.ExecuteAsync(
            "INSERT INTO pipeline_backfill_range(backfill, interval_start, interval_end, intervals) VALUES (@id, @start, @end, @intervals)",
            preview.Spans.Select(s => new { id, start = Instant.ToMicroseconds(s.Start), end = Instant.ToMicroseconds(s.End), intervals = s.Intervals }),
            transaction);
        return (await BackfillQueries.GetAsync(connection, id, transaction), preview);
    }

    /// <summary>Notes that a run of a backfill has ended; ends the backfill with its last.</summary>
    /// <returns>The backfill as it is now; null where it has been forgotten.</returns>
    public static async Task<BackfillSummary?> RunEndedAsync(DbConnection connection, DbTransaction transaction, string id, RunState state, DateTimeOffset now)
    {
        var column = Column(state);
        var known = await connection.ExecuteAsync($"UPDATE pipeline_backfill SET {column} = {column} + 1 WHERE id = @id", new { id }, transaction) == 1;
        return known ? await EndAsync(connection, transaction, id, now) : null;
    }

    /// <summary>Notes that a run of a backfill that had ended was put back into the queue. A backfill that had ended, unless it was cancelled, runs again.</summary>
    /// <param name="connection">The store.</param>
    /// <param name="transaction">The caller's.</param>
    /// <param name="id">The backfill.</param>
    /// <param name="was">How the run had ended.</param>
    /// <returns>The backfill as it is now; null where it has been forgotten.</returns>
    public static async Task<BackfillSummary?> RunRequeuedAsync(DbConnection connection, DbTransaction transaction, string id, RunState was)
    {
        var column = Column(was);
        var known = await connection.ExecuteAsync(
            $"""
            UPDATE pipeline_backfill SET {column} = {column} - 1,
                ended_at = CASE WHEN state IN ('success', 'failed') THEN NULL ELSE ended_at END,
                state = CASE WHEN state IN ('success', 'failed') THEN 'running' ELSE state END
            WHERE id = @id
            """,
            new { id },
            transaction) == 1;
        return known ? await BackfillQueries.GetAsync(connection, id, transaction) : null;
    }

    /// <summary>Makes no further runs until it is resumed. Those that were made go on.</summary>
    /// <exception cref="TarnException">There is none of that id, or it has ended.</exception>
    public static Task<BackfillSummary> PauseAsync(DbConnection connection, DbTransaction transaction, string id) =>
        MoveAsync(connection, transaction, id, BackfillState.Paused, null);

    /// <summary>Makes runs again.</summary>
    /// <exception cref="TarnException">There is none of that id, or it has ended.</exception>
    public static Task<BackfillSummary> ResumeAsync(DbConnection connection, DbTransaction transaction, string id) =>
        MoveAsync(connection, transaction, id, BackfillState.Running, null);

    /// <summary>Ends it: no further runs are made. Runs of it that have not ended are for the caller to cancel, and are counted when they end.</summary>
    /// <exception cref="TarnException">There is none of that id, or it has ended.</exception>
    public static Task<BackfillSummary> CancelAsync(DbConnection connection, DbTransaction transaction, string id, DateTimeOffset now) =>
        MoveAsync(connection, transaction, id, BackfillState.Cancelled, now);

    /// <summary>Removes the backfills that ended before a moment; returns how many.</summary>
    public static Task<int> ForgetAsync(DbConnection connection, DbTransaction transaction, DateTimeOffset endedBefore) =>
        connection.ExecuteAsync("DELETE FROM pipeline_backfill WHERE ended_at < @before", new { before = Instant.ToMicroseconds(endedBefore) }, transaction);

    /// <summary>Ends a backfill all of whose runs have been made and have ended.</summary>
    internal static async Task<BackfillSummary> EndAsync(DbConnection connection, DbTransaction transaction, string id, DateTimeOffset now)
    {
        await connection.ExecuteAsync(
            """
            UPDATE pipeline_backfill SET ended_at = @now, state = CASE WHEN failed + cancelled > 0 THEN 'failed' ELSE 'success' END
            WHERE id = @id AND state IN ('running', 'paused') AND made + left_out >= total AND made = succeeded + failed + cancelled
            """,
            new { id, now = Instant.ToMicroseconds(now) },
            transaction);
        return await BackfillQueries.GetAsync(connection, id, transaction);
    }

    private static async Task<BackfillSummary> MoveAsync(DbConnection connection, DbTransaction transaction, string id, BackfillState state, DateTimeOffset? ended)
    {
        var backfill = await BackfillQueries.GetAsync(connection, id, transaction);
        if (backfill.HasEnded)
        {
            throw TarnException.Conflict("A backfill that has ended can be neither paused, resumed nor cancelled.", $"{id}, {backfill.State.Name()}");
        }

        await connection.ExecuteAsync(
            "UPDATE pipeline_backfill SET state = @state, ended_at = @ended WHERE id = @id",
            new { id, state = state.Name(), ended = ended is { } at ? Instant.ToMicroseconds(at) : (long?)null },
            transaction);
        return await BackfillQueries.GetAsync(connection, id, transaction);
    }

    private static async Task RefuseOverlapAsync(DbConnection connection, DbTransaction transaction, BackfillRequest request)
    {
        var other = await connection.QueryFirstOrDefaultAsync<BackfillRow>(
            $"""
            SELECT {BackfillRow.Columns} FROM pipeline_backfill
            WHERE pipeline = @pipeline AND state IN ('running', 'paused') AND span_start < @to AND span_end > @from ORDER BY created_at, id
            """,
            new { pipeline = request.Pipeline, from = Instant.ToMicroseconds(request.From), to = Instant.ToMicroseconds(request.To) },
            transaction);
        if (other?.Summary() is { } running)
        {
            throw TarnException.Conflict(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Two backfills of one pipeline do not overlap while both have not ended: {running.Id} is {running.State.Name()} from {running.From.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ} to {running.To.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}."),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{request.Pipeline} from {request.From.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ} to {request.To.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}"),
                "Wait for its end, cancel it, or choose another span.");
        }
    }

    private static string Column(RunState state) => state switch
    {
        RunState.Success => "succeeded",
        RunState.Failed => "failed",
        RunState.Cancelled => "cancelled",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "The run has not ended."),
    };
}
