using System.Collections.Concurrent;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Makes the runs of backfills as their turn comes.</summary>
/// <param name="orchestrator">Whose backfills they are.</param>
/// <param name="only">Only the backfills of these ids; null for all that there are.</param>
internal sealed class BackfillDuty(Orchestrator orchestrator, ConcurrentDictionary<string, bool>? only = null) : LeaderDuty
{
    /// <summary>How many steps of one backfill a turn makes at most, so that schedules and other backfills do not wait for one that leaves years out.</summary>
    private const int StepsPerTurn = 8;

    public override async Task<TimeSpan?> TurnAsync(CancellationToken cancellation)
    {
        var more = false;
        TimeSpan? rest = null;
        foreach (var backfill in await orchestrator.RunningBackfillsAsync(cancellation))
        {
            if (only is not null && !only.ContainsKey(backfill.Id))
            {
                continue;
            }

            if (orchestrator.Faults.Left(backfill.Pipeline) is { } left)
            {
                rest = left < rest ? left : rest ?? left;
                continue;
            }

            try
            {
                more |= await AdvanceAsync(backfill.Id, cancellation);
            }
            catch (TimetableException fault)
            {
                // Of its pipeline alone: the other backfills go on.
                var wait = orchestrator.Faults.Note(fault);
                rest = wait < rest ? wait : rest ?? wait;
            }
            catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
            {
                // It was forgotten meanwhile: cancelled, and old at once.
            }
        }

        return more ? TimeSpan.Zero : rest;
    }

    private async Task<bool> AdvanceAsync(string id, CancellationToken cancellation)
    {
        for (var step = 0; step < StepsPerTurn; step++)
        {
            if (!await orchestrator.AdvanceBackfillAsync(id, cancellation))
            {
                return false;
            }
        }

        return true;
    }
}
