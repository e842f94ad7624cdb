using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

public sealed partial class Orchestrator
{
    /// <summary>A backfill was made or moved on; its id.</summary>
    internal event Action<string>? BackfillMoved;

    /// <summary>What a backfill would do at this moment. Nothing is stored; it takes as long as the ranges that it touches, whatever the number of intervals in them.</summary>
    /// <exception cref="TarnException">There is no such pipeline, it has no schedule, or a value is out of its range.</exception>
    public Task<BackfillPreview> PreviewBackfillAsync(BackfillRequest request, CancellationToken cancellation = default)
    {
        var (_, timetable) = BackfilledOf(request);
        return AskingAsync(() => ReadAsync(connection => BackfillQueries.PreviewAsync(connection, null, request, timetable, _time.GetUtcNow()), cancellation));
    }

    /// <summary>
    /// Makes a backfill: which intervals it runs is decided now, and its runs are made as its own limit of active ones allows, beside the schedule and also where that is paused. One
    /// that finds nothing to run has ended.
    /// </summary>
    /// <exception cref="TarnException">
    /// There is no such pipeline, it has no schedule, a value is out of its range, or another backfill of the pipeline that has not ended overlaps it.
    /// </exception>
    public async Task<BackfillSummary> CreateBackfillAsync(BackfillRequest request, CancellationToken cancellation = default)
    {
        var (_, timetable) = BackfilledOf(request);
        var id = _ids.NewId();
        var (backfill, _) = await AskingAsync(() => WriteAsync(
            (connection, transaction) => Backfills.CreateAsync(connection, transaction, id, request, timetable, _time.GetUtcNow()), cancellation));
        Moved(backfill);
        return backfill;
    }

    /// <summary>Backfills, newest first.</summary>
    /// <param name="pipeline">Only this pipeline's; null for all.</param>
    /// <param name="limit">At most so many; 1 to 1,000.</param>
    /// <param name="cancellation">Cancels the wait for the store.</param>
    public Task<IReadOnlyList<BackfillSummary>> ListBackfillsAsync(string? pipeline = null, int limit = 50, CancellationToken cancellation = default) =>
        ReadAsync(connection => BackfillQueries.ListAsync(connection, pipeline, limit), cancellation);

    /// <summary>A backfill as it stands.</summary>
    /// <exception cref="TarnException">There is no such backfill.</exception>
    public Task<BackfillSummary> GetBackfillAsync(string id, CancellationToken cancellation = default) =>
        ReadAsync(connection => BackfillQueries.GetAsync(connection, id), cancellation);

    /// <summary>Makes no further runs of a backfill until it is resumed. Those that were made go on.</summary>
    /// <exception cref="TarnException">There is no such backfill, or it has ended.</exception>
    public async Task<BackfillSummary> PauseBackfillAsync(string id, CancellationToken cancellation = default)
    {
        var backfill = await WriteAsync((connection, transaction) => Backfills.PauseAsync(connection, transaction, id), cancellation);
        Moved(backfill);
        return backfill;
    }

    /// <summary>Makes runs of a backfill again, and executes those of it that an earlier process left queued.</summary>
    /// <exception cref="TarnException">There is no such backfill, or it has ended.</exception>
    public async Task<BackfillSummary> ResumeBackfillAsync(string id, CancellationToken cancellation = default)
    {
        var (backfill, active) = await WriteAsync(
            async (connection, transaction) =>
            {
                var resumed = await Backfills.ResumeAsync(connection, transaction, id);
                return (resumed, await BackfillQueries.ActiveRunsAsync(connection, transaction, resumed));
            },
            cancellation);
        foreach (var run in active)
        {
            Executor?.Admit(run);
        }

        Moved(backfill);
        return backfill;
    }

    /// <summary>Ends a backfill: makes no further runs of it, and cancels those that have not ended.</summary>
    /// <exception cref="TarnException">There is no such backfill, or it has ended.</exception>
    public async Task<BackfillSummary> CancelBackfillAsync(string id, CancellationToken cancellation = default)
    {
        var (backfill, runs) = await WriteAsync(
            async (connection, transaction) =>
            {
                var now = _time.GetUtcNow();
                var cancelled = await Backfills.CancelAsync(connection, transaction, id, now);
                var rows = new List<RunRow>();
                foreach (var run in await BackfillQueries.ActiveRunsAsync(connection, transaction, cancelled))
                {
                    rows.Add(await RunWrites.CancelAsync(connection, transaction, Pipelines.Find(cancelled.Pipeline), run, now));
                }

                return (await BackfillQueries.GetAsync(connection, id, transaction), rows);
            },
            cancellation);
        foreach (var run in runs)
        {
            if (run.Summary().HasEnded)
            {
                Publish(run.Summary());
            }
            else
            {
                Executor?.Cancel(run.Id);
            }
        }

        Moved(backfill);
        return backfill;
    }

    /// <summary>Waits until a backfill has ended.</summary>
    /// <param name="id">The backfill.</param>
    /// <param name="timeout">The longest wait; then the backfill is returned as it is. Null waits without limit.</param>
    /// <param name="cancellation">Cancels the wait, not the backfill.</param>
    /// <exception cref="TarnException">There is no such backfill.</exception>
    public async Task<BackfillSummary> WaitForBackfillAsync(string id, TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        var wake = new WakeSignal(_time);
        var begun = _time.GetTimestamp();
        void OnRunChanged(RunChanged change)
        {
            if (change.Run.HasEnded && change.Run.Backfill == id)
            {
                wake.Set();
            }
        }

        void OnMoved(string moved)
        {
            if (moved == id)
            {
                wake.Set();
            }
        }

        RunChanged += OnRunChanged;
        BackfillMoved += OnMoved;
        try
        {
            while (true)
            {
                var backfill = await GetBackfillAsync(id, cancellation);
                var left = timeout - _time.GetElapsedTime(begun);
                if (backfill.HasEnded || left <= TimeSpan.Zero)
                {
                    return backfill;
                }

                await wake.WaitAsync(left ?? Timeout.InfiniteTimeSpan, cancellation);
            }
        }
        finally
        {
            RunChanged -= OnRunChanged;
            BackfillMoved -= OnMoved;
        }
    }

    /// <summary>The backfills of which runs are to be made, oldest first.</summary>
    internal Task<IReadOnlyList<BackfillSummary>> RunningBackfillsAsync(CancellationToken cancellation) =>
        ReadAsync(static connection => BackfillQueries.RunningAsync(connection), cancellation);

    /// <summary>Makes the next runs of a backfill, as its limit allows; whether there is more to do at once.</summary>
    internal async Task<bool> AdvanceBackfillAsync(string id, CancellationToken cancellation)
    {
        BackfillStep? step = null;
        await MakeRunsAsync(
            async (connection, transaction) =>
            {
                var made = new List<RunRow>();
                var pipeline = Pipelines.Find((await BackfillQueries.GetAsync(connection, id, transaction)).Pipeline);
                if (pipeline?.Timetable is { } timetable)
                {
                    var now = _time.GetUtcNow();
                    step = await BackfillAdvance.NextAsync(
                        connection, transaction, id, timetable, now, async interval => made.Add(await MakeRunAsync(connection, transaction, pipeline, id, interval, now)));
                }

                return made;
            },
            cancellation);
        if (step is { Backfill.HasEnded: true })
        {
            Raise(BackfillMoved, id);
        }

        return step is { More: true };
    }

    private Task<RunRow> MakeRunAsync(
        DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, string backfill, DataInterval interval, DateTimeOffset now)
    {
        var row = RunWrites.NewRun(pipeline, _ids.NewId(), RunTrigger.Backfill, interval.Start, interval, now);
        row.Backfill = backfill;
        return RunWrites.InsertAsync(connection, transaction, pipeline, row);
    }

    private (PipelineDefinition Pipeline, Timetable Timetable) BackfilledOf(BackfillRequest request)
    {
        var pipeline = Pipelines.Get(request.Pipeline);
        if (pipeline.Timetable is not { } timetable)
        {
            throw TarnException.InvalidInput(
                "A backfill runs the data intervals of a pipeline's schedule.", pipeline.Name, "The pipeline has no schedule: run it by hand, with a logical date.");
        }

        return request.RunBackwards && pipeline.Tasks.Any(static t => t.DependsOnPast)
            ? throw TarnException.InvalidInput(
                "A backfill of a pipeline whose tasks depend on their past runs forwards.", pipeline.Name, "Leave run backwards away: each of its runs waits for the one before.")
            : (pipeline, timetable);
    }

    private void Moved(BackfillSummary backfill)
    {
        Raise(BackfillMoved, backfill.Id);
        WantDuties();
    }
}
