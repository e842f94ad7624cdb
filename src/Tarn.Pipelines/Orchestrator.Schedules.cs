using System.Data.Common;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <content>What the leader makes by itself: runs by schedule, and those of its duties.</content>
public sealed partial class Orchestrator
{
    /// <summary>Makes the runs of the given pipelines whose time has come; returns for each when to look again.</summary>
    internal async Task<IReadOnlyList<DueRuns>> MakeDueRunsAsync(IReadOnlyList<PipelineDefinition> pipelines, CancellationToken cancellation)
    {
        var now = _time.GetUtcNow();
        var term = _term ?? throw NotLeading();
        var fresh = term.Executor.NewFreshRuns();
        List<(RunRow Run, PipelineDefinition Pipeline)> queued = [];
        var due = new List<DueRuns>(pipelines.Count);
        try
        {
            await WriteAsLeaderAsync(
                async (connection, transaction) =>
                {
                    // The store may do this again, where it cannot tell whether the first time took effect.
                    fresh.Discard();
                    queued.Clear();
                    due.Clear();
                    var state = await ScheduleState.ReadAsync(connection, transaction, pipelines);
                    foreach (var pipeline in pipelines)
                    {
                        due.Add(state.Make(pipeline, _ids, now));
                    }

                    await StoreMadeAsync(connection, transaction, state, fresh, queued);
                    return true;
                },
                cancellation);
        }
        catch
        {
            fresh.Discard();
            throw;
        }

        term.Executor.Lead(fresh);
        foreach (var (run, _) in queued)
        {
            Publish(run.Summary());
            term.Executor.Admit(run.Id);
        }

        return due;
    }

    private static async Task StoreMadeAsync(DbConnection connection, DbTransaction transaction, ScheduleState state, FreshRuns fresh, List<(RunRow Run, PipelineDefinition Pipeline)> queued)
    {
        foreach (var (run, pipeline) in state.Made)
        {
            if (state.Admit(pipeline))
            {
                fresh.Start(run, pipeline);
            }
            else
            {
                queued.Add((run, pipeline));
            }
        }

        await RunWrites.InsertAllAsync(connection, transaction, state.Made.ConvertAll(static m => m.Run));
        await fresh.StoreAsync(connection, transaction);
        var statements = new StatementList();
        queued.ForEach(q => RunWrites.InsertTasks(statements, q.Run.Seq, q.Pipeline.Tasks, 0));
        await statements.ExecuteAsync(connection, transaction);
        await state.StoreDecidedAsync(connection, transaction);
    }

    /// <summary>What the leader does beside making runs by schedule.</summary>
    internal IReadOnlyList<LeaderDuty> Duties { get; }

    /// <summary>Somebody asked for something that a duty does.</summary>
    internal event Action? DutyWanted;

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
}
