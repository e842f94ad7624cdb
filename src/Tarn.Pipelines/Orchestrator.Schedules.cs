using System.Data.Common;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <content>What the leader makes by itself: runs by schedule, and those of its duties.</content>
public sealed partial class Orchestrator
{
    /// <summary>Where more pipelines than this are due together, their runs are stored in several writes, and those of one start while the next is made.</summary>
    private const int MostMadeAtOnce = 1_024;

    /// <summary>Where so many pipelines will be due together, the garbage collector does its work before, which otherwise comes while they start.</summary>
    private const int CollectedBefore = 256;

    private volatile PreparedRuns? _ahead;

    /// <summary>Makes beforehand what can be made of the runs of pipelines that will be due together, so that they start sooner when they are.</summary>
    /// <param name="pipelines">The pipelines.</param>
    /// <param name="at">When they are due.</param>
    /// <param name="cancellation">Cancels the wait for the store.</param>
    internal async Task PrepareRunsAsync(IReadOnlyList<PipelineDefinition> pipelines, DateTimeOffset at, CancellationToken cancellation)
    {
        var term = _term ?? throw NotLeading();
        var state = await ReadAsync(connection => ScheduleState.ReadAsync(connection, null, pipelines), cancellation);
        _ahead = new PreparedRuns(RunsAhead.Of(pipelines, state, term.Executor.NewFreshRuns(), _ids, at), term);
        if (pipelines.Count >= CollectedBefore)
        {
            // What was made lives on, and is moved now; what starts it would fill the youngest generation in the middle of its work.
            GC.Collect(1, GCCollectionMode.Forced, blocking: true);
        }
    }

    /// <summary>Where so many pipelines will be due at the same moment, their runs are prepared before it.</summary>
    internal int PreparedTogether => _options.PreparedTogether;

    private RunsAhead? TakeAhead(DateTimeOffset now, LeaderTerm term)
    {
        if (_ahead is not var (runs, made) || now < runs.At)
        {
            return null;
        }

        _ahead = null;
        return made == term ? runs : null;
    }

    /// <summary>Makes the runs of the given pipelines whose time has come; returns for each when to look again.</summary>
    /// <param name="pipelines">The pipelines.</param>
    /// <param name="now">The moment at which they were found due.</param>
    /// <param name="cancellation">Cancels the wait for the store.</param>
    internal async Task<IReadOnlyList<DueRuns>> MakeDueRunsAsync(IReadOnlyList<PipelineDefinition> pipelines, DateTimeOffset now, CancellationToken cancellation)
    {
        var term = _term ?? throw NotLeading();
        var ahead = TakeAhead(now, term);
        var due = new List<DueRuns>(pipelines.Count);
        var starting = Task.CompletedTask;
        foreach (var some in pipelines.Chunk(MostMadeAtOnce))
        {
            var made = await MakeAsync(some, ahead, now, term, due, cancellation);
            await starting;
            if (due.Count == pipelines.Count)
            {
                Start(made, term);
            }
            else
            {
                starting = Task.Factory.StartNew(() => Start(made, term), CancellationToken.None, TaskCreationOptions.DenyChildAttach, _options.CodeScheduler);
            }
        }

        return due;
    }

    private async Task<MadeRuns> MakeAsync(PipelineDefinition[] pipelines, RunsAhead? ahead, DateTimeOffset now, LeaderTerm term, List<DueRuns> due, CancellationToken cancellation)
    {
        var made = new MadeRuns(term.Executor.NewFreshRuns(), []);
        var before = due.Count;
        try
        {
            await WriteAsLeaderAsync(
                async (connection, transaction) =>
                {
                    // The store may do this again, where it cannot tell whether the first time took effect.
                    made.Fresh.Discard();
                    made.Queued.Clear();
                    due.RemoveRange(before, due.Count - before);
                    var state = await ScheduleState.ReadAsync(connection, transaction, pipelines, ahead);
                    foreach (var pipeline in pipelines)
                    {
                        due.Add(Make(state, pipeline, now));
                    }

                    await StoreMadeAsync(connection, transaction, state, made);
                    return true;
                },
                cancellation);
        }
        catch
        {
            made.Fresh.Discard();
            throw;
        }

        return made;
    }

    /// <summary>What a timetable throws is of its pipeline alone: all others go on.</summary>
    private DueRuns Make(ScheduleState state, PipelineDefinition pipeline, DateTimeOffset now)
    {
        try
        {
            return state.Make(pipeline, _ids, now);
        }
        catch (TimetableException fault)
        {
            return new DueRuns(now + Faults.Note(fault), Blocked: false);
        }
    }

    private void Start(MadeRuns made, LeaderTerm term)
    {
        term.Executor.Lead(made.Fresh);
        foreach (var (run, _) in made.Queued)
        {
            Publish(run.Summary());
            term.Executor.Admit(run.Id);
        }
    }

    private static async Task StoreMadeAsync(DbConnection connection, DbTransaction transaction, ScheduleState state, MadeRuns made)
    {
        foreach (var (run, pipeline, active) in state.Made)
        {
            if (state.Admit(pipeline))
            {
                made.Fresh.Start(run, pipeline, active);
            }
            else
            {
                made.Queued.Add((run, pipeline));
            }
        }

        await RunWrites.InsertAllAsync(connection, transaction, state.Made.ConvertAll(static m => m.Run));
        await made.Fresh.StoreAsync(connection, transaction);
        var statements = new StatementList();
        made.Queued.ForEach(q => RunWrites.InsertTasks(statements, q.Run.Seq, q.Pipeline.Tasks, 0));
        await statements.ExecuteAsync(connection, transaction);
        await state.StoreDecidedAsync(connection, transaction);
    }

    /// <summary>What the leader does beside making runs by schedule.</summary>
    internal IReadOnlyList<LeaderDuty> Duties { get; }

    /// <summary>The timetables that cannot be asked at present.</summary>
    internal TimetableFaults Faults { get; }

    /// <summary>Somebody asked for something that a duty does.</summary>
    internal event Action? DutyWanted;

    /// <summary>Another node, or this one, moved what the schedule of a pipeline waits for; null where it may be any of them.</summary>
    internal event Action<string?>? ScheduleMoved;

    /// <summary>Has the leader's duties done soon.</summary>
    internal void WantDuties() => DutyWanted?.Invoke();

    /// <summary>Stores queued runs that a duty made, in a write of its own, and executes them as their turn comes.</summary>
    /// <param name="write">The write; it returns the runs that it made.</param>
    /// <param name="cancellation">Cancels the wait for the store.</param>
    internal async Task MakeRunsAsync(Func<DbConnection, DbTransaction, Task<IReadOnlyList<RunRow>>> write, CancellationToken cancellation)
    {
        foreach (var run in await WriteAsLeaderAsync(write, cancellation))
        {
            Publish(run.Summary());
            Executor?.Admit(run.Id);
        }
    }

    /// <summary>How far each pipeline's schedule has been decided.</summary>
    internal Task<IReadOnlyDictionary<string, DateTimeOffset>> ScheduledUntilAsync(CancellationToken cancellation) =>
        ReadAsync(RunQueries.ScheduledUntilAsync, cancellation);

    /// <summary>Runs that were prepared, and in which term.</summary>
    private sealed record PreparedRuns(RunsAhead Runs, LeaderTerm Term);

    /// <summary>Runs that were made in one write: those that start with it, and those that wait.</summary>
    private sealed record MadeRuns(FreshRuns Fresh, List<(RunRow Run, PipelineDefinition Pipeline)> Queued);
}
