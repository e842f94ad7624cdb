using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// The next run of each of many pipelines that are due at one moment, made before it: what takes time and asks nobody. Nothing of it is stored or known to anybody. When the moment has come,
/// a run is used where its schedule still stands as it stood; else it is made as if there had been none.
/// </summary>
internal sealed class RunsAhead
{
    private readonly Dictionary<string, RunAhead> _runs;

    private RunsAhead(DateTimeOffset at, Dictionary<string, RunAhead> runs)
    {
        At = at;
        _runs = runs;
    }

    /// <summary>When they are due.</summary>
    public DateTimeOffset At { get; }

    /// <summary>Makes the runs, from what is stored now.</summary>
    /// <param name="pipelines">The pipelines.</param>
    /// <param name="state">Their schedules' state.</param>
    /// <param name="fresh">Where runs start that are stored as they are made.</param>
    /// <param name="ids">Where run ids come from.</param>
    /// <param name="at">When they are due.</param>
    public static RunsAhead Of(IReadOnlyList<PipelineDefinition> pipelines, ScheduleState state, FreshRuns fresh, IdSource ids, DateTimeOffset at)
    {
        var runs = new Dictionary<string, RunAhead>(pipelines.Count, StringComparer.Ordinal);
        foreach (var pipeline in pipelines)
        {
            if (MakeAhead(pipeline) is { } run)
            {
                runs.Add(pipeline.Name, run with { Active = pipeline.StartsUnasked ? fresh.Prepare(run.Run, pipeline) : null });
            }
        }

        return new RunsAhead(at, runs);

        RunAhead? MakeAhead(PipelineDefinition pipeline)
        {
            try
            {
                return state.MakeAhead(pipeline, ids, at);
            }
            catch (TimetableException)
            {
                // It is asked again when the run is due, and what it throws is told then.
                return null;
            }
        }
    }

    /// <summary>The run of a pipeline, once; null where there is none, or where it is not what the schedule asks for any more.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="scheduledUntil">How far its schedule is decided, as stored.</param>
    /// <param name="now">The moment.</param>
    public RunAhead? Take(string pipeline, long? scheduledUntil, DateTimeOffset now) =>
        _runs.Remove(pipeline, out var run) && run.ScheduledUntil == scheduledUntil && now >= At && !(now >= run.NextAt) ? run : null;
}

/// <summary>A run that was made before it is due.</summary>
/// <param name="Run">Its row, as one that is queued when it is due.</param>
/// <param name="ScheduledUntil">How far its pipeline's schedule was decided when it was made.</param>
/// <param name="NextAt">When the run after it is due; null for never.</param>
internal sealed record RunAhead(RunRow Run, long? ScheduledUntil, DateTimeOffset? NextAt)
{
    /// <summary>What executes it, where it may start in the write that stores it.</summary>
    public ActiveRun? Active { get; init; }
}
