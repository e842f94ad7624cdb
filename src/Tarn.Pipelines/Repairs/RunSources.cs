using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// The versions of the tables that repair pipelines, read before runs of them are started and stored with the runs: a run has seen all that was committed up to them. A run that is
/// started again, after a restart or a retry, keeps the versions of its first start, because tasks that have succeeded are not run again.
/// </summary>
/// <param name="sources">Reads versions.</param>
/// <param name="store">The store.</param>
/// <param name="pipelines">The pipelines.</param>
/// <param name="logger">Where it is told that a table cannot be read.</param>
internal sealed partial class RunSources(Lazy<SourceReader> sources, MetadataStore store, PipelineCatalog pipelines, ILogger logger)
{
    private readonly bool _any = pipelines.Pipelines.Any(static p => p.RepairedBy.Count > 0);

    /// <summary>Reads the versions for the pipelines that have queued runs.</summary>
    public async Task<SeenSources> ReadAsync(CancellationToken cancellation)
    {
        if (!_any)
        {
            return new SeenSources(null);
        }

        var queued = await store.ReadAsync(static connection => connection.QueryAsync<string>("SELECT DISTINCT pipeline FROM pipeline_run WHERE state = 'queued'"), cancellation);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        var versions = new Dictionary<string, SeenVersion?>(StringComparer.Ordinal);
        foreach (var pipeline in queued.Select(pipelines.Find).OfType<PipelineDefinition>())
        {
            var known = new SortedDictionary<string, SeenVersion>(StringComparer.Ordinal);
            foreach (var source in pipeline.RepairedBy)
            {
                if (!versions.TryGetValue(source.Table, out var version))
                {
                    versions[source.Table] = version = await VersionAsync(source.Table, cancellation);
                }

                if (version is { } there)
                {
                    known[source.Table] = there;
                }
            }

            seen[pipeline.Name] = JsonSerializer.Serialize(known);
        }

        return new SeenSources(seen);
    }

    public static Dictionary<string, SeenVersion> Parse(string sources) => JsonSerializer.Deserialize<Dictionary<string, SeenVersion>>(sources) ?? [];

    /// <summary>The latest version; -1 where there is no table; null where it cannot be read: then the run counts as not having seen it, and may be repaired for nothing.</summary>
    private async Task<SeenVersion?> VersionAsync(string table, CancellationToken cancellation)
    {
        try
        {
            return await sources.Value.TableAsync(table, cancellation) is { } position ? new SeenVersion(position.Version, position.Id) : new SeenVersion(-1, null);
        }
        catch (TarnException error)
        {
            LogUnread(logger, table, error.Message);
            return null;
        }
    }

    [LoggerMessage(4102, LogLevel.Warning, "The version of table {Table} cannot be read; runs that start now count as not having seen it. {Reason}")]
    private static partial void LogUnread(ILogger logger, string table, string reason);
}

/// <summary>The versions that runs which start now have before their eyes.</summary>
/// <param name="ByPipeline">By pipeline, as they are stored; null where no pipeline has repairs.</param>
internal sealed record SeenSources(IReadOnlyDictionary<string, string>? ByPipeline)
{
    /// <summary>Whether runs of a pipeline may be started: where it is repaired by tables, these have been read.</summary>
    public bool Covers(PipelineDefinition pipeline) => pipeline.RepairedBy.Count == 0 || ByPipeline?.ContainsKey(pipeline.Name) == true;

    public string? Of(PipelineDefinition pipeline) => pipeline.RepairedBy.Count == 0 ? null : ByPipeline?.GetValueOrDefault(pipeline.Name);
}

/// <summary>The version of a table that a run had before its eyes.</summary>
/// <param name="Version">The version; -1 where there was no table.</param>
/// <param name="TableId">Delta's id of the table, whose version it is; null where there was none, or an earlier Tarn kept only the version.</param>
[JsonConverter(typeof(SeenVersionJson))]
internal sealed record SeenVersion(long Version, string? TableId)
{
    /// <summary>Whether all that a cause tells of had been committed by then. Of a table that was made anew nothing had.</summary>
    public bool Covers(RepairCause cause) => Version >= cause.ToVersion && (cause.TableId is null || cause.TableId == TableId);
}

/// <summary>As <c>[version, table id]</c>, or the version alone.</summary>
internal sealed class SeenVersionJson : JsonConverter<SeenVersion>
{
    public override SeenVersion Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return new SeenVersion(reader.GetInt64(), null);
        }

        var values = JsonSerializer.Deserialize<JsonElement[]>(ref reader, options)!;
        return new SeenVersion(values[0].GetInt64(), values[1].GetString());
    }

    public override void Write(Utf8JsonWriter writer, SeenVersion value, JsonSerializerOptions options)
    {
        if (value.TableId is not { } id)
        {
            writer.WriteNumberValue(value.Version);
            return;
        }

        writer.WriteStartArray();
        writer.WriteNumberValue(value.Version);
        writer.WriteStringValue(id);
        writer.WriteEndArray();
    }
}
