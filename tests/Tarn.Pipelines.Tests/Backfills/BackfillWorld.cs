using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines.Tests;

/// <summary>A store and what makes and ends the runs of backfills in it: rows, without code behind them.</summary>
internal sealed class BackfillWorld(IntervalStore store, Timetable timetable, DateTimeOffset now) : IAsyncDisposable
{
    public const string Pipeline = "p";
    private int _ids;

    public Timetable Timetable { get; set; } = timetable;

    public DateTimeOffset Now { get; set; } = now;

    public IntervalStore Store => store;

    /// <summary>The starts of intervals of which a run was made by a backfill, in the order of their making.</summary>
    public Task<List<DateTimeOffset>> MadeAsync() => store.ReadAsync(async static c =>
        (await c.QueryAsync<long>("SELECT interval_start FROM pipeline_run WHERE trigger = 'backfill' ORDER BY seq")).Select(Instant.FromMicroseconds).ToList());

    public Task<(BackfillSummary Backfill, BackfillPreview Preview)> CreateAsync(BackfillRequest request) =>
        store.WriteAsync((c, t) => Backfills.CreateAsync(c, t, $"b{_ids++:d3}", request, Timetable, Now));

    /// <summary>Moves a backfill on.</summary>
    /// <param name="id">The backfill.</param>
    /// <param name="failAfter">After so many runs the transaction fails.</param>
    public Task<BackfillStep> NextAsync(string id, int failAfter = int.MaxValue) => store.WriteAsync(async (c, t) =>
    {
        var made = 0;
        var step = await BackfillAdvance.NextAsync(c, t, id, Timetable, Now, interval =>
            made++ < failAfter ? InsertAsync(c, t, interval, "backfill") : throw new InvalidOperationException("The transaction fails."));
        return failAfter < 1000 ? throw new InvalidOperationException("The transaction fails.") : step;
    });

    /// <summary>Makes a run by another way.</summary>
    public Task StartOtherAsync(DataInterval interval) => store.WriteAsync((c, t) => InsertAsync(c, t, interval, "manual"));

    /// <summary>Ends the run of an interval that is active.</summary>
    public Task<BackfillSummary> EndAsync(string id, DateTimeOffset start, RunState state = RunState.Success) => store.WriteAsync(async (c, t) =>
    {
        var parameters = new { start = Instant.ToMicroseconds(start), state = state.Name() };
        var ended = await c.ExecuteAsync("UPDATE pipeline_run SET state = @state WHERE trigger = 'backfill' AND state = 'queued' AND interval_start = @start", parameters, t);
        Xunit.Assert.Equal(1, ended);
        await IntervalStates.SetAsync(c, t, Pipeline, Timetable, Timetable.StartingAtOrAfter(start)!.Value, IntervalStateNames.Of(state));
        return (await Backfills.RunEndedAsync(c, t, id, state, Now))!;
    });

    public Task<List<DateTimeOffset>> ActiveAsync() => store.ReadAsync(async static c =>
        (await c.QueryAsync<long>("SELECT interval_start FROM pipeline_run WHERE trigger = 'backfill' AND state = 'queued' ORDER BY seq")).Select(Instant.FromMicroseconds).ToList());

    public Task<BackfillSummary> GetAsync(string id) => store.ReadAsync(c => BackfillQueries.GetAsync(c, id));

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private static Task<int> InsertAsync(DbConnection connection, DbTransaction transaction, DataInterval interval, string trigger) => connection.ExecuteAsync(
        """
        INSERT INTO pipeline_run(id, pipeline, definition, trigger, state, logical_date, interval_start, interval_end, queued_at)
        VALUES (@id, @pipeline, '', @trigger, 'queued', @start, @start, @end, 0)
        """,
        new { id = Guid.NewGuid().ToString("n"), pipeline = Pipeline, trigger, start = Instant.ToMicroseconds(interval.Start), end = Instant.ToMicroseconds(interval.End) },
        transaction);
}
