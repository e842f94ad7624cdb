using System.Data.Common;
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Core;
using Tarn.Log;

namespace Tarn.Pipelines;

public sealed partial class Orchestrator
{
    private const int RepairsShown = 50;
    private const int PendingShown = 1000;

    private Lazy<SourceReader> _sources = null!;

    /// <summary>How a pipeline's repairs stand: the tables that repair it, what is pending (at most 1,000 ranges), and the newest runs.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="cancellation">Cancels the wait for the store and the lake.</param>
    /// <exception cref="TarnException">There is no such pipeline.</exception>
    public Task<PipelineRepairs> GetRepairsAsync(string pipeline, CancellationToken cancellation = default) => AskingAsync(() => ReadRepairsAsync(pipeline, cancellation));

    private async Task<PipelineRepairs> ReadRepairsAsync(string pipeline, CancellationToken cancellation)
    {
        var definition = Pipelines.Get(pipeline);
        var (cursors, pending, runs) = await ReadAsync(
            async connection => (
                await SourceCursors.ListAsync(connection, SourceCursors.ForRepairs, pipeline),
                await PendingRanges.FirstAsync(connection, null, pipeline, PendingShown),
                (await connection.QueryAsync<RunRow>(
                    $"SELECT {RunRow.Columns} FROM pipeline_run WHERE pipeline = @pipeline AND trigger = 'repair' ORDER BY seq DESC LIMIT {RepairsShown}", new { pipeline })).ToList()),
            cancellation);
        var tables = new List<RepairingTable>(definition.RepairedBy.Count);
        foreach (var source in definition.RepairedBy)
        {
            var seen = cursors.GetValueOrDefault((pipeline, DataSource.Table(source.Table)))?.Version;
            tables.Add(new RepairingTable(source.Table, seen, await CurrentVersionAsync(source.Table, cancellation), source.Horizon, source.MaxActiveRuns));
        }

        return new PipelineRepairs(
            tables,
            [
                .. pending.Select(p => new PendingRepair(
                    p.Start, p.End, definition.Timetable?.Count(p.Start, p.End) ?? 0, JsonSerializer.Deserialize<JsonElement>(p.Cause.Write()), p.DueAt(_options))),
            ],
            runs.ConvertAll(static r => r.Summary()));
    }

    /// <summary>Reads state for a duty.</summary>
    internal Task<T> ReadStateAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation) => ReadAsync(read, cancellation);

    /// <summary>The duties about data that moves, where pipelines have any; the lake and the topics are asked for when they are first needed.</summary>
    private IEnumerable<LeaderDuty> DataDuties(IServiceProvider services)
    {
        _sources = new Lazy<SourceReader>(() => services.GetService<SourceReader>() ?? new SourceReader(services.GetService<Lake.Lake>(), services.GetService<TopicLog>()));
        if (Pipelines.Pipelines.Any(static p => p.RepairedBy.Count > 0))
        {
            yield return new RepairDuty(this, _sources, _options, _time, _ids, _logger);
        }

        if (Pipelines.Pipelines.Any(static p => p.TriggeredBy.Count > 0))
        {
            yield return new DataDuty(this, _sources, _options, _time, _ids, _logger);
        }
    }

    private async Task<long?> CurrentVersionAsync(string table, CancellationToken cancellation)
    {
        try
        {
            return (await _sources.Value.TableAsync(table, cancellation))?.Version;
        }
        catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
        {
            return null;
        }
    }
}
