using System.Data.Common;
using Dapper;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>
/// Makes the runs of pending repairs, inside a transaction of the caller's: in the order of their intervals, and as many at a time as the pipeline allows. An interval that was repaired since
/// another one began to wait comes after it, so that one which is touched all the time does not keep the quiet ones from their turn.
/// </summary>
/// <param name="options">How long a table must have been quiet.</param>
/// <param name="ids">Where runs' ids come from.</param>
internal sealed class RepairRuns(OrchestratorOptions options, IdSource ids)
{
    /// <summary>Makes what is due. An interval that a run has seen by now is left out; one that is being run, or is not due yet, holds back those after it.</summary>
    public async Task<RepairStep> MakeAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, DateTimeOffset now)
    {
        var outlook = await PendingRanges.OutlookAsync(connection, transaction, pipeline.Name, options, now);
        if (outlook.IsEmpty || (await RunQueries.PipelineAsync(connection, pipeline.Name, transaction)).Paused != 0)
        {
            return RepairStep.Nothing;
        }

        var free = Limit(pipeline) - await connection.QuerySingleAsync<long>(
            "SELECT count(*) FROM pipeline_run WHERE pipeline = @name AND state IN ('queued', 'running') AND trigger = 'repair'", new { name = pipeline.Name }, transaction);
        if (free <= 0)
        {
            return RepairStep.Nothing;
        }

        var turn = new RepairTurn(connection, transaction, pipeline, options, ids, free, now);
        var more = outlook.WaitsSince is { } since && await turn.TakeAsync(since);
        return new RepairStep(turn.Made, more ? TimeSpan.Zero : outlook.NextDueAt - now);
    }

    /// <summary>How many repairs of a pipeline run at a time: what the strictest of its tables says.</summary>
    public static int Limit(PipelineDefinition pipeline) => pipeline.RepairedBy.Select(static r => r.MaxActiveRuns).DefaultIfEmpty(1).Min();
}

/// <summary>What was made of pending repairs.</summary>
/// <param name="Made">The runs.</param>
/// <param name="Pause">How long nothing further is due; null for until something changes.</param>
internal sealed record RepairStep(IReadOnlyList<RunRow> Made, TimeSpan? Pause)
{
    public static RepairStep Nothing { get; } = new([], null);
}
