using System.Text.Json;
using Dapper;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Runs pipelines when the data that they are triggered by has moved: one run for all that moved since the one before.</summary>
internal sealed partial class DataDuty(
    Orchestrator orchestrator, Lazy<SourceReader> sources, OrchestratorOptions options, TimeProvider time, IdSource ids, ILogger logger) : LeaderDuty, IDisposable
{
    private readonly IReadOnlyList<PipelineDefinition> _pipelines = [.. orchestrator.Pipelines.Pipelines.Where(static p => p.TriggeredBy.Count > 0)];
    private readonly HashSet<string> _held = new(StringComparer.Ordinal);
    private SourceWatch? _watch;

    public override async Task<TimeSpan?> TurnAsync(CancellationToken cancellation)
    {
        var all = _pipelines.SelectMany(static p => p.TriggeredBy).Distinct().ToList();
        var watch = _watch ??= new SourceWatch(sources.Value, all, options.SourcePoll, time, orchestrator.WantDuties);
        var due = _pipelines.Where(p => _held.Contains(p.Name) || p.TriggeredBy.Any(watch.IsDue)).ToList();
        if (due.Count > 0)
        {
            foreach (var source in all.Where(watch.IsDue))
            {
                watch.Look(source);
            }

            var (cursors, waiting) = await orchestrator.ReadStateAsync(
                static async c => (
                    await SourceCursors.ListAsync(c, SourceCursors.ForData),
                    (await c.QueryAsync<string>("SELECT name FROM pipeline WHERE paused <> 0 UNION SELECT pipeline FROM pipeline_run WHERE state = 'queued' AND trigger = 'data'")).ToHashSet(StringComparer.Ordinal)),
                cancellation);
            foreach (var pipeline in due)
            {
                await LookAsync(pipeline, cursors, waiting.Contains(pipeline.Name), cancellation);
            }
        }

        return watch.Pause(all);
    }

    public void Dispose() => _watch?.Dispose();

    private async Task LookAsync(
        PipelineDefinition pipeline, Dictionary<(string Pipeline, DataSource Source), SourceCursor> cursors, bool waits, CancellationToken cancellation)
    {
        try
        {
            var known = pipeline.TriggeredBy.Distinct().Select(s => (Source: s, Cursor: cursors.GetValueOrDefault((pipeline.Name, s)))).ToList();
            if (known.Exists(static k => k.Cursor is null))
            {
                await BeginAsync(pipeline, known.FindAll(static k => k.Cursor is null).ConvertAll(static k => k.Source), cancellation);
            }

            // What moves while it is paused, or while a run by data waits, is taken together later.
            _held.Remove(pipeline.Name);
            if (waits)
            {
                _held.Add(pipeline.Name);
                return;
            }

            var moves = new List<SourceMove>();
            foreach (var (_, cursor) in known.Where(static k => k.Cursor is not null))
            {
                if (await SourceMove.FindAsync(sources.Value, cursor!, cancellation) is { } move)
                {
                    moves.Add(move);
                }
            }

            // Where all have to move, nothing is taken up before they have: what stands where it stood is looked at again.
            if (moves.Count > 0 && (!pipeline.TriggersOnAll || moves.Count(static m => m.ChangesData) == known.Count))
            {
                await StoreAsync(pipeline, moves, cancellation);
            }
        }
        catch (TarnException error)
        {
            LogUnread(logger, pipeline.Name, error.Message);
        }
    }

    /// <summary>A source that is seen for the first time triggers nothing by what it holds.</summary>
    private async Task BeginAsync(PipelineDefinition pipeline, List<DataSource> unknown, CancellationToken cancellation)
    {
        var rows = new List<SourceCursor>();
        foreach (var source in unknown)
        {
            var (reached, id) = await SourceMove.PositionAsync(sources.Value, source, cancellation);
            rows.Add(new SourceCursor { Pipeline = pipeline.Name, Purpose = SourceCursors.ForData, Kind = source.Kind.Name(), Name = source.Name, Reached = reached, TableId = id });
        }

        await orchestrator.MakeRunsAsync(
            async (connection, transaction) =>
            {
                var first = (await RunQueries.PipelineAsync(connection, pipeline.Name, transaction)).RegisteredAt;
                foreach (var row in rows)
                {
                    row.TakenUntil = first;
                    await SourceCursors.AddAsync(connection, transaction, row);
                }

                return [];
            },
            cancellation);
    }

    private Task StoreAsync(PipelineDefinition pipeline, List<SourceMove> moves, CancellationToken cancellation) => orchestrator.MakeRunsAsync(
        async (connection, transaction) =>
        {
            var now = Instant.Truncate(time.GetUtcNow());
            var runs = moves.Exists(static m => m.ChangesData);
            var since = await connection.QuerySingleAsync<long?>(
                "SELECT max(taken_until) FROM pipeline_source WHERE pipeline = @name AND purpose = 'data'", new { name = pipeline.Name }, transaction);
            var waits = await connection.QuerySingleAsync<long>(
                """
                SELECT (SELECT count(*) FROM pipeline WHERE name = @name AND paused <> 0)
                    + (SELECT count(*) FROM pipeline_run WHERE pipeline = @name AND state = 'queued' AND trigger = 'data')
                """,
                new { name = pipeline.Name },
                transaction);
            if (waits > 0)
            {
                return [];
            }

            foreach (var move in moves)
            {
                if (!await SourceCursors.AdvanceAsync(connection, transaction, move.Cursor, move.Reached, move.TableId, runs ? Instant.ToMicroseconds(now) : null))
                {
                    throw TarnException.Conflict("What moved is decided by one leader.", pipeline.Name);
                }
            }

            if (!runs)
            {
                return [];
            }

            var start = since is { } taken && Instant.FromMicroseconds(taken) < now ? Instant.FromMicroseconds(taken) : now;
            var row = RunWrites.NewRun(pipeline, ids.NewId(), RunTrigger.Data, start, new DataInterval(start, now), now);
            row.Cause = JsonSerializer.Serialize(new { sources = moves.Where(static m => m.ChangesData).Select(static m => m.Cause()) }, PipelineJson.Options);
            return [await RunWrites.InsertAsync(connection, transaction, pipeline, row)];
        },
        cancellation);

    [LoggerMessage(4103, LogLevel.Warning, "What triggers pipeline {Pipeline} cannot be read; it is tried again. {Reason}")]
    private static partial void LogUnread(ILogger logger, string pipeline, string reason);
}
