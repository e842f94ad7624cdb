using System.Collections.Concurrent;

namespace Tarn.Pipelines;

/// <summary>Forgets runs of pipelines, some at a turn: every hour, and earlier of those that end many, such as by a backfill of years.</summary>
internal sealed class RetentionDuty : LeaderDuty
{
    /// <summary>After so many ended runs of a pipeline it is looked at.</summary>
    public const int EndedRuns = 200;

    private readonly Orchestrator _orchestrator;
    private readonly ConcurrentDictionary<string, int> _ended = new(StringComparer.Ordinal);

    public RetentionDuty(Orchestrator orchestrator)
    {
        _orchestrator = orchestrator;
        orchestrator.RunChanged += OnRunChanged;
    }

    /// <summary>Looks at every pipeline with its next turns.</summary>
    public void LookAtAll()
    {
        foreach (var pipeline in _orchestrator.Pipelines.Pipelines)
        {
            _ended.AddOrUpdate(pipeline.Name, EndedRuns, static (_, ended) => Math.Max(ended, EndedRuns));
        }
    }

    public override async Task<TimeSpan?> TurnAsync(CancellationToken cancellation)
    {
        var more = false;
        foreach (var (pipeline, ended) in _ended)
        {
            if (ended < EndedRuns)
            {
                continue;
            }

            if (await _orchestrator.ForgetSomeRunsAsync(pipeline, cancellation))
            {
                more = true;
            }
            else
            {
                _ended.AddOrUpdate(pipeline, 0, (_, since) => since - ended);
            }
        }

        return more ? TimeSpan.Zero : null;
    }

    private void OnRunChanged(RunChanged change)
    {
        if (change.Run.HasEnded)
        {
            _ended.AddOrUpdate(change.Run.Pipeline, 1, static (_, ended) => ended + 1);
        }
    }
}
