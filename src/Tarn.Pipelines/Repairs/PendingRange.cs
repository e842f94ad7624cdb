using System.Data.Common;
using Dapper;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>Data intervals in a row that wait for their repair by one cause.</summary>
/// <param name="Start">The start of the first.</param>
/// <param name="End">The end of the last.</param>
/// <param name="Cause">Why.</param>
/// <param name="FirstAt">When the first of the commits was seen.</param>
/// <param name="LastAt">When the last of the commits was seen.</param>
internal sealed record PendingRange(DateTimeOffset Start, DateTimeOffset End, RepairCause Cause, DateTimeOffset FirstAt, DateTimeOffset LastAt)
{
    /// <summary>When it is repaired: when its table has been quiet for a while, and at the latest some time after its first commit.</summary>
    public DateTimeOffset DueAt(OrchestratorOptions options) => Spans.Earlier(LastAt + options.RepairSettling, FirstAt + options.RepairSettlingLimit);

    /// <summary>Whether it is due; a clock that was set back does not hold it up.</summary>
    public bool IsDue(OrchestratorOptions options, DateTimeOffset now) => now >= DueAt(options) || now < FirstAt;

    /// <summary>A part of it, from the start of an interval to the end of one.</summary>
    public PendingRange Part(DateTimeOffset start, DateTimeOffset end) => start == Start && end == End ? this : this with { Start = start, End = end, Cause = Cause.Within(start, end) };

    /// <summary>Adds a cause to ranges that are apart and in order: where it meets one, the causes of the intervals that both have are joined, and those that one has alone keep theirs.</summary>
    public static List<PendingRange> Put(IReadOnlyList<PendingRange> ranges, EventSpan span, RepairCause cause, DateTimeOffset now)
    {
        var result = new List<PendingRange>(ranges.Count + 3);
        var reached = span.Start;
        foreach (var range in ranges)
        {
            if (range.End <= span.Start || range.Start >= span.End)
            {
                AddNew(Spans.Earlier(range.Start, span.End));
                result.Add(range);
                continue;
            }

            AddNew(range.Start);
            Add(range, range.Start, span.Start);
            var (start, end) = (Spans.Later(range.Start, span.Start), Spans.Earlier(range.End, span.End));
            result.Add(new PendingRange(start, end, range.Cause.Within(start, end).And(cause.Within(start, end)), range.FirstAt, now));
            Add(range, span.End, range.End);
            reached = end;
        }

        AddNew(span.End);
        return result;

        void AddNew(DateTimeOffset until)
        {
            if (reached < until)
            {
                result.Add(new PendingRange(reached, until, cause.Within(reached, until), now, now));
                reached = until;
            }
        }

        void Add(PendingRange range, DateTimeOffset start, DateTimeOffset end)
        {
            if (start < end)
            {
                result.Add(range.Part(start, end));
            }
        }
    }
}

/// <summary>The rows of pipeline_repair: of one pipeline apart from each other.</summary>
internal static class PendingRanges
{
    private const string Columns = "interval_start AS IntervalStart, interval_end AS IntervalEnd, cause, first_at AS FirstAt, last_at AS LastAt";

    /// <summary>Those that overlap a span, in order.</summary>
    public static async Task<List<PendingRange>> ListAsync(DbConnection connection, DbTransaction transaction, string pipeline, DateTimeOffset from, DateTimeOffset to)
    {
        var rows = await connection.QueryAsync<PendingRow>(
            $"SELECT {Columns} FROM pipeline_repair WHERE pipeline = @pipeline AND interval_end > @from AND interval_start < @to ORDER BY interval_start",
            new { pipeline, from = Instant.ToMicroseconds(from), to = Instant.ToMicroseconds(to) },
            transaction);
        return [.. rows.Select(static r => r.Range())];
    }

    /// <summary>The first ones in order, of those that began to wait by a moment.</summary>
    public static async Task<List<PendingRange>> FirstAsync(DbConnection connection, DbTransaction? transaction, string pipeline, int limit, DateTimeOffset? by = null)
    {
        var rows = await connection.QueryAsync<PendingRow>(
            $"SELECT {Columns} FROM pipeline_repair WHERE pipeline = @pipeline AND first_at <= @by ORDER BY interval_start LIMIT @limit",
            new { pipeline, by = by is { } at ? Instant.ToMicroseconds(at) : long.MaxValue, limit },
            transaction);
        return [.. rows.Select(static r => r.Range())];
    }

    /// <summary>What of a pipeline's ranges is due, and when more is.</summary>
    public static Task<RepairOutlook> OutlookAsync(DbConnection connection, DbTransaction transaction, string pipeline, OrchestratorOptions options, DateTimeOffset now)
    {
        // As IsDue and DueAt say.
        const string IsDue = "(last_at <= @settled OR first_at <= @limit OR first_at > @now)";
        var at = Instant.ToMicroseconds(now);
        var (settling, limit) = (options.RepairSettling.Ticks / TimeSpan.TicksPerMicrosecond, options.RepairSettlingLimit.Ticks / TimeSpan.TicksPerMicrosecond);
        return connection.QuerySingleAsync<RepairOutlook>(
            $"""
            SELECT count(*) AS Ranges, count(CASE WHEN {IsDue} THEN 1 END) AS Due,
                min(CASE WHEN {IsDue} THEN first_at END) AS WaitsSinceAt,
                min(CASE WHEN {IsDue} THEN NULL WHEN last_at + @settling < first_at + @settlingLimit THEN last_at + @settling ELSE first_at + @settlingLimit END) AS NextAt
            FROM pipeline_repair WHERE pipeline = @pipeline
            """,
            new { pipeline, now = at, settled = at - settling, limit = at - limit, settling, settlingLimit = limit },
            transaction);
    }

    /// <summary>The pipelines that have some.</summary>
    public static async Task<IReadOnlyList<string>> PipelinesAsync(DbConnection connection) =>
        (await connection.QueryAsync<string>("SELECT DISTINCT pipeline FROM pipeline_repair ORDER BY pipeline")).AsList();

    /// <summary>Stores what became of ranges.</summary>
    public static async Task ReplaceAsync(DbConnection connection, DbTransaction transaction, string pipeline, IReadOnlyList<PendingRange> before, IReadOnlyList<PendingRange> after)
    {
        var (kept, starts) = (before.ToHashSet(ReferenceEqualityComparer.Instance), after.Select(static r => r.Start).ToHashSet());
        await connection.ExecuteAsync(
            "DELETE FROM pipeline_repair WHERE pipeline = @pipeline AND interval_start = @start",
            before.Where(r => !starts.Contains(r.Start)).Select(r => new { pipeline, start = Instant.ToMicroseconds(r.Start) }),
            transaction);
        await connection.ExecuteAsync(
            """
            INSERT INTO pipeline_repair(pipeline, interval_start, interval_end, cause, first_at, last_at) VALUES (@pipeline, @start, @end, @cause, @first, @last)
            ON CONFLICT(pipeline, interval_start) DO UPDATE SET interval_end = excluded.interval_end, cause = excluded.cause, first_at = excluded.first_at, last_at = excluded.last_at
            """,
            after.Where(r => !kept.Contains(r)).Select(r => new
            {
                pipeline,
                start = Instant.ToMicroseconds(r.Start),
                end = Instant.ToMicroseconds(r.End),
                cause = r.Cause.Write(),
                first = Instant.ToMicroseconds(r.FirstAt),
                last = Instant.ToMicroseconds(r.LastAt),
            }),
            transaction);
    }

    /// <summary>A row of pipeline_repair, as Dapper reads it.</summary>
    private sealed class PendingRow
    {
        public long IntervalStart { get; set; }

        public long IntervalEnd { get; set; }

        public string Cause { get; set; } = "";

        public long FirstAt { get; set; }

        public long LastAt { get; set; }

        public PendingRange Range() => new(
            Instant.FromMicroseconds(IntervalStart), Instant.FromMicroseconds(IntervalEnd), RepairCause.Parse(Cause), Instant.FromMicroseconds(FirstAt), Instant.FromMicroseconds(LastAt));
    }
}

/// <summary>What of a pipeline's pending ranges is due, as Dapper reads it.</summary>
internal sealed class RepairOutlook
{
    public long Ranges { get; set; }

    /// <summary>How many ranges are due.</summary>
    public long Due { get; set; }

    public long? WaitsSinceAt { get; set; }

    public long? NextAt { get; set; }

    public bool IsEmpty => Ranges == 0;

    /// <summary>Since when the one that is due and waits longest has been waiting; null where none is due.</summary>
    public DateTimeOffset? WaitsSince => WaitsSinceAt is { } at ? Instant.FromMicroseconds(at) : null;

    /// <summary>When the next one is due that is not yet; null where there is none.</summary>
    public DateTimeOffset? NextDueAt => NextAt is { } at ? Instant.FromMicroseconds(at) : null;
}
