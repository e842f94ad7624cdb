using System.Globalization;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

public sealed partial class Orchestrator
{
    /// <summary>The most days of a calendar: ten years.</summary>
    private const int LongestCalendar = 3660;

    /// <summary>Runs of a pipeline with the states of their tasks, newest first.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="limit">At most so many runs; 1 to 200, default 30.</param>
    /// <param name="before">Only runs made before the run of this id.</param>
    /// <param name="cancellation">Cancels the wait for the store.</param>
    /// <exception cref="TarnException">There is no such pipeline or run, or the limit is out of its range.</exception>
    public Task<RunGrid> GetGridAsync(string pipeline, int limit = 30, string? before = null, CancellationToken cancellation = default)
    {
        Pipelines.Get(pipeline);
        return limit is < 1 or > 200
            ? throw TarnException.InvalidInput("A grid has 1 to 200 runs.", limit.ToString(CultureInfo.InvariantCulture))
            : ReadAsync(connection => GridQueries.ReadAsync(connection, pipeline, limit, before), cancellation);
    }

    /// <summary>What became of the data intervals that start on each of some days; a day that the zone left out is not among them.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="first">The first day; null for a year before the last.</param>
    /// <param name="last">The last day; null for today.</param>
    /// <param name="zone">Whose days they are; null for the schedule's time zone.</param>
    /// <param name="cancellation">Cancels the wait for the store.</param>
    /// <exception cref="TarnException">There is no such pipeline, it has no schedule, or the days are not in order or more than ten years.</exception>
    public Task<IReadOnlyList<CalendarDay>> GetCalendarAsync(
        string pipeline, DateOnly? first = null, DateOnly? last = null, TimeZoneInfo? zone = null, CancellationToken cancellation = default)
    {
        var timetable = TimetableOf(pipeline);
        var now = _time.GetUtcNow();
        var days = zone ?? timetable.TimeZone;
        var to = last ?? DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, days).DateTime);
        var from = first ?? to.AddDays(-364);
        if (from > to || to.DayNumber - from.DayNumber >= LongestCalendar)
        {
            throw TarnException.InvalidInput("A calendar goes from a day to the same or a later one, at most ten years.", string.Create(CultureInfo.InvariantCulture, $"{from:yyyy-MM-dd} to {to:yyyy-MM-dd}"));
        }

        var span = IntervalCalendar.Span(days, from, to);
        return AskingAsync(() => ReadAsync(
            async connection => IntervalCalendar.Days(timetable, await IntervalStates.ListAsync(connection, null, pipeline, span.From, span.To), from, to, days, now),
            cancellation));
    }

    /// <summary>The versions of a pipeline's definition that processes have started with, newest first.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellation">Cancels the wait for the store.</param>
    /// <exception cref="TarnException">There is no such pipeline.</exception>
    public Task<IReadOnlyList<PipelineVersion>> ListVersionsAsync(string pipeline, int limit = 50, CancellationToken cancellation = default)
    {
        var definition = Pipelines.Get(pipeline);
        return ReadAsync(connection => RunQueries.VersionsAsync(connection, definition, limit), cancellation);
    }

    /// <summary>What became of a pipeline's data intervals, as ranges.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="from">The first instant at which one may start; null for the first of which a run has ended.</param>
    /// <param name="to">The first instant at which none may start any more; null for the present.</param>
    /// <param name="cancellation">Cancels the wait for the store.</param>
    /// <exception cref="TarnException">There is no such pipeline, it has no schedule, or the span is not in order.</exception>
    public Task<PipelineIntervals> GetIntervalsAsync(string pipeline, DateTimeOffset? from = null, DateTimeOffset? to = null, CancellationToken cancellation = default)
    {
        var timetable = TimetableOf(pipeline);
        var now = _time.GetUtcNow();
        if (from > (to ?? now))
        {
            throw TarnException.InvalidInput("A span goes from an instant to a later one.", string.Create(CultureInfo.InvariantCulture, $"{from:O} to {to ?? now:O}"));
        }

        return AskingAsync(() => ReadAsync(
            async connection =>
            {
                var end = Instant.Truncate(to ?? now);
                var kept = await IntervalStates.ListAsync(connection, null, pipeline, from ?? DateTimeOffset.UnixEpoch, end);
                var start = Instant.Truncate(from ?? (kept.Count > 0 ? kept[0].Start : end));
                return IntervalsIn(timetable, kept, start, end, now);
            },
            cancellation));
    }

    /// <summary>The processes that run pipelines on this store, the latest started first.</summary>
    public Task<IReadOnlyList<NodeSummary>> ListNodesAsync(CancellationToken cancellation = default) => ReadAsync<IReadOnlyList<NodeSummary>>(
        static async connection =>
        {
            var rows = await connection.QueryAsync<(string Id, string Name, string State, long Leads, long Slots, long Running, long StartedAt, long SeenAt)>(
                """
                SELECT n.id, n.name, n.state, (SELECT count(*) FROM pipeline_leader l WHERE l.node = n.id), n.slots,
                    (SELECT count(*) FROM task_attempt a WHERE a.state = 'running' AND a.worker = n.id), n.started_at, n.seen_at
                FROM pipeline_node n ORDER BY CASE n.state WHEN 'alive' THEN 0 ELSE 1 END, n.started_at DESC, n.id LIMIT 1000
                """);
            return [.. rows.Select(static n => new NodeSummary(
                n.Id, n.Name, n.State, n.State == "alive" && n.Leads > 0, (int)n.Slots, (int)n.Running, Instant.FromMicroseconds(n.StartedAt), Instant.FromMicroseconds(n.SeenAt)))];
        },
        cancellation);

    /// <summary>The kept ranges, cut to a span, and counted by the timetable of now.</summary>
    private static PipelineIntervals IntervalsIn(Timetable timetable, IReadOnlyList<IntervalRange> kept, DateTimeOffset from, DateTimeOffset to, DateTimeOffset now)
    {
        var counts = IntervalCounts.Zero;
        var ranges = new List<IntervalRange>(kept.Count);
        foreach (var range in kept)
        {
            if (IntervalFit.Of(timetable, range.Start, range.End) is not var (start, end)
                || timetable.StartingAtOrAfter(start < from ? from : start) is not { } first
                || timetable.LastStartingBefore(end > to ? to : end) is not { } last
                || first.Start > last.Start)
            {
                continue;
            }

            var count = timetable.Count(first.Start, last.End);
            ranges.Add(new IntervalRange(range.State, first.Start, last.End, count));
            counts = counts.Plus(range.State, count);
        }

        var over = IntervalFit.FirstNotEnded(timetable, now) is { } open && open.Start < to ? open.Start : to;
        return new PipelineIntervals(from, to, ranges, counts with { None = from < over ? Math.Max(0, timetable.Count(from, over) - counts.Total) : 0 });
    }

    /// <summary>Where the answer needs a timetable that cannot be asked at present, the caller is told why.</summary>
    private static async Task<T> AskingAsync<T>(Func<Task<T>> answer)
    {
        try
        {
            return await answer();
        }
        catch (TimetableException fault)
        {
            throw new TarnException(ErrorKind.Unavailable, $"{fault.Message}.", remedy: "The timetable's code has to be mended.", inner: fault);
        }
    }

    private Timetable TimetableOf(string pipeline) =>
        Pipelines.Get(pipeline).Timetable ?? throw TarnException.InvalidInput("Only a pipeline with a schedule has data intervals.", pipeline, "Its runs are in the grid and the list of runs.");
}
