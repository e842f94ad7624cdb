using System.Data.Common;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Runs that are stored as they start: the row of the run, its tasks and the first attempts go into the write that makes them, instead of a write that queues them, one that
/// starts them and one each for their first steps. When a thousand pipelines are due at the same moment, this decides how late the last of them begins.
/// </summary>
internal sealed class FreshRuns(ExecutionServices services, CancellationToken stop)
{
    private readonly List<(ActiveRun Active, RunRow Run, PipelineDefinition Pipeline, RunStep Step)> _runs = [];

    public IEnumerable<ActiveRun> Runs => _runs.Select(static r => r.Active);

    /// <summary>Starts a run that is not stored: decides its first step, and takes the slots for it.</summary>
    /// <param name="run">Its row.</param>
    /// <param name="pipeline">Its pipeline.</param>
    /// <param name="prepared">What executes it, where that was made before.</param>
    public void Start(RunRow run, PipelineDefinition pipeline, ActiveRun? prepared)
    {
        run.State = RunState.Running.Name();
        run.StartedAt = run.QueuedAt;
        var active = prepared ?? Prepare(run, pipeline);
        _runs.Add((active, run, pipeline, active.Begin()));
    }

    /// <summary>Makes what executes a run, which takes nothing and tells nobody before the run starts.</summary>
    public ActiveRun Prepare(RunRow run, PipelineDefinition pipeline) => new(new AdmittedRun(run, pipeline, ExecutionWrites.NewTasks(run, pipeline)), services, stop);

    /// <summary>Stores the first steps, after the rows of the runs.</summary>
    public async Task StoreAsync(DbConnection connection, DbTransaction transaction)
    {
        var statements = new StatementList();
        foreach (var (active, run, _, step) in _runs)
        {
            active.InsertTasks(statements);
            step.Starts.ForEach(start => ExecutionWrites.StartAttempt(statements, run.Seq, start));
            if (statements.IsFull)
            {
                await statements.ExecuteAsync(connection, transaction);
            }
        }

        await statements.ExecuteAsync(connection, transaction);
        foreach (var (_, run, pipeline, step) in _runs)
        {
            await ExecutionWrites.StoreBesidesAsync(connection, transaction, run, pipeline, step, services);
        }
    }

    /// <summary>Gives back what the runs took: they were not stored.</summary>
    public void Discard()
    {
        _runs.ForEach(static r => r.Active.Discard());
        _runs.Clear();
    }
}
