using Microsoft.Extensions.Logging.Abstractions;
using Quakes.Catalogue;
using Quakes.Gold;
using Quakes.Ingestion;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;
using Tarn.Streams;
using Xunit;

namespace Quakes.Tests;

/// <summary>The topic and tables of Quakes in a folder of a test's own, and what works on them.</summary>
internal sealed class QuakesFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory? _own;
    private readonly SegmentTopicLog _log;

    private QuakesFixture(TemporaryDirectory? own, SegmentTopicLog log, Lake lake, QuakesTables tables)
    {
        (_own, _log, Lake, Tables) = (own, log, lake, tables);
        Reader = new CatalogueReader(lake);
        Runner = new SinkRunner(NullLoggerFactory.Instance);
        Ingest = new Ingest(tables, Reader, Runner);
        Gold = new GoldTables(tables, Reader);
    }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public Lake Lake { get; }

    public QuakesTables Tables { get; }

    public CatalogueReader Reader { get; }

    public SinkRunner Runner { get; }

    public Ingest Ingest { get; }

    public GoldTables Gold { get; }

    public static async Task<QuakesFixture> OpenAsync(string? directory = null)
    {
        var own = directory is null ? new TemporaryDirectory() : null;
        directory ??= own!.Path;
        var time = TimeProvider.System;
        var log = new SegmentTopicLog(Path.Combine(directory, "log"), time, NullLoggerFactory.Instance);
        var lake = new Lake(new LocalObjectStore(Path.Combine(directory, "lake"), new LocalStoreOptions { Durable = false }), null, time, IdSource.Create(time), NullLoggerFactory.Instance);
        return new QuakesFixture(own, log, lake, await QuakesTables.OpenAsync(lake, log, Cancellation));
    }

    public async Task<IReadOnlyList<Earthquake>> SilverAsync() =>
        [.. (await Reader.EarthquakesAsync(null, Cancellation)).OrderBy(static e => e.Id, StringComparer.Ordinal)];

    public async Task<IReadOnlyList<HistoryRow>> HistoryAsync() =>
        await Reader.ReadAsync<HistoryRow>("SELECT id, updated, version_time, mag, place, is_deleted, valid_from, valid_to FROM silver.earthquakes_history ORDER BY id, updated, version_time", Cancellation);

    public async Task<long> CountAsync(string table)
    {
        await using var result = await Lake.Sql.QueryAsync($"SELECT count(*) FROM {table}", cancellationToken: Cancellation);
        return (long)(await result.ToListAsync(Cancellation))[0][0]!;
    }

    public async ValueTask DisposeAsync()
    {
        await Lake.DisposeAsync();
        await _log.DisposeAsync();
        _own?.Dispose();
    }
}

/// <summary>What tests compare of a version in the history.</summary>
internal sealed record HistoryRow
{
    public required string Id { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public required DateTimeOffset VersionTime { get; init; }

    public double? Mag { get; init; }

    public string? Place { get; init; }

    public bool IsDeleted { get; init; }

    public required DateTimeOffset ValidFrom { get; init; }

    public DateTimeOffset? ValidTo { get; init; }
}
