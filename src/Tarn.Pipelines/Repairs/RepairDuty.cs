using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>Repairs: follows the tables that repair pipelines, keeps what they touched as pending ranges, and makes the runs of these.</summary>
internal sealed partial class RepairDuty(
    Orchestrator orchestrator, Lazy<SourceReader> sources, OrchestratorOptions options, TimeProvider time, IdSource ids, ILogger logger) : LeaderDuty, IDisposable
{
    private const int MostCommits = 1000;

    private readonly RepairRuns _runs = new(options, ids);
    private readonly IReadOnlyList<(PipelineDefinition Pipeline, RepairSource Source)> _watched =
        [.. orchestrator.Pipelines.Pipelines.Where(static p => p.Schedule is not null).SelectMany(static p => p.RepairedBy.Select(s => (p, s)))];

    private SourceWatch? _watch;

    public override async Task<TimeSpan?> TurnAsync(CancellationToken cancellation)
    {
        var watch = _watch ??= new SourceWatch(sources.Value, _watched.Select(static w => DataSource.Table(w.Source.Table)), options.SourcePoll, time, orchestrator.WantDuties);
        await FollowAsync(watch, cancellation);
        var pause = watch.Pause(_watched.Select(static w => DataSource.Table(w.Source.Table)));
        foreach (var name in await orchestrator.ReadStateAsync(PendingRanges.PipelinesAsync, cancellation))
        {
            if (orchestrator.Pipelines.Find(name) is { Schedule: not null } pipeline && await AloneAsync(pipeline, () => MakeRunsAsync(pipeline, cancellation)) is { } soon && soon < pause)
            {
                pause = soon;
            }
        }

        return pause;
    }

    public void Dispose() => _watch?.Dispose();

    private async Task FollowAsync(SourceWatch watch, CancellationToken cancellation)
    {
        var due = _watched.Where(w => watch.IsDue(DataSource.Table(w.Source.Table))).ToList();
        if (due.Count == 0)
        {
            return;
        }

        foreach (var table in due.Select(static d => d.Source.Table).Distinct(StringComparer.Ordinal))
        {
            watch.Look(DataSource.Table(table));
        }

        var cursors = await orchestrator.ReadStateAsync(static c => SourceCursors.ListAsync(c, SourceCursors.ForRepairs), cancellation);
        foreach (var (pipeline, source) in due)
        {
            try
            {
                await AloneAsync(pipeline, async () =>
                {
                    await FollowAsync(pipeline, source, cursors.GetValueOrDefault((pipeline.Name, DataSource.Table(source.Table))), cancellation);
                    return null;
                });
            }
            catch (TarnException error)
            {
                // The others go on; this one is looked at again with the next poll.
                LogUnread(logger, source.Table, pipeline.Name, error.Message);
            }
        }
    }

    /// <summary>Does a pipeline's part. A timetable that cannot be asked is of its pipeline alone; what it keeps back is looked at again with the next poll.</summary>
    private async Task<TimeSpan?> AloneAsync(PipelineDefinition pipeline, Func<Task<TimeSpan?>> part)
    {
        if (orchestrator.Faults.Left(pipeline.Name) is { } left)
        {
            return left;
        }

        try
        {
            return await part();
        }
        catch (TimetableException fault)
        {
            return orchestrator.Faults.Note(fault);
        }
    }

    private async Task FollowAsync(PipelineDefinition pipeline, RepairSource source, SourceCursor? cursor, CancellationToken cancellation)
    {
        var position = await sources.Value.TableAsync(source.Table, cancellation);
        if (cursor is null)
        {
            await BeginAsync(pipeline, source, position, cancellation);
            return;
        }

        while (position is not null && await NextAsync(source.Table, cursor, position, cancellation) is { Count: > 0 } commits)
        {
            var reached = position with { Version = commits[^1].Version };
            Tell(pipeline, source, commits);
            var tail = new RepairTail(pipeline, source, cursor, commits, reached);
            var stored = false;
            await orchestrator.MakeRunsAsync(
                async (connection, transaction) =>
                {
                    stored = await tail.StoreAsync(connection, transaction, time.GetUtcNow());
                    return [];
                },
                cancellation);
            if (!stored || commits.Count < MostCommits)
            {
                return;
            }

            cursor = new SourceCursor
            {
                Pipeline = cursor.Pipeline,
                Purpose = cursor.Purpose,
                Kind = cursor.Kind,
                Name = cursor.Name,
                Reached = SourceCursor.Text(reached.Version),
                TableId = reached.Id,
            };
        }
    }

    /// <summary>A table that is seen for the first time repairs nothing by what it holds.</summary>
    private Task BeginAsync(PipelineDefinition pipeline, RepairSource source, TablePosition? position, CancellationToken cancellation) => orchestrator.MakeRunsAsync(
        async (connection, transaction) =>
        {
            await SourceCursors.AddAsync(connection, transaction, new SourceCursor
            {
                Pipeline = pipeline.Name,
                Purpose = SourceCursors.ForRepairs,
                Kind = DataSourceKind.Table.Name(),
                Name = source.Table,
                Reached = SourceCursor.Text(position?.Version ?? -1),
                TableId = position?.Id,
            });
            return [];
        },
        cancellation);

    /// <summary>The commits after the cursor, oldest first; none where there are none.</summary>
    private async Task<IReadOnlyList<TouchedCommit>> NextAsync(string table, SourceCursor cursor, TablePosition position, CancellationToken cancellation) =>
        (cursor.TableId is { } id && id != position.Id) || position.Version < cursor.Version ? [RepairTail.Anew(position)]
        : position.Version == cursor.Version ? []
        : await sources.Value.TouchedSinceAsync(table, cursor.Version, MostCommits, cancellation);

    private async Task<TimeSpan?> MakeRunsAsync(PipelineDefinition pipeline, CancellationToken cancellation)
    {
        var step = RepairStep.Nothing;
        await orchestrator.MakeRunsAsync(
            async (connection, transaction) =>
            {
                step = await _runs.MakeAsync(connection, transaction, pipeline, time.GetUtcNow());
                return step.Made;
            },
            cancellation);
        return step.Pause;
    }

    private void Tell(PipelineDefinition pipeline, RepairSource source, IReadOnlyList<TouchedCommit> commits)
    {
        if (commits.FirstOrDefault(static c => c.IsUnknown) is { } unknown)
        {
            LogWholeHorizon(logger, pipeline.Name, source.Horizon, source.Table, unknown.FirstVersion, unknown.Version);
        }
    }

    [LoggerMessage(4100, LogLevel.Warning, "Table {Table}, which repairs pipeline {Pipeline}, cannot be read; it is tried again. {Reason}")]
    private static partial void LogUnread(ILogger logger, string table, string pipeline, string reason);

    [LoggerMessage(4101, LogLevel.Warning, "Pipeline {Pipeline} repairs all of its horizon of {Horizon}: what versions {From} to {To} of table {Table} touched is not known")]
    private static partial void LogWholeHorizon(ILogger logger, string pipeline, TimeSpan horizon, string table, long from, long to);
}
