using System.Data.Common;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Postgres;
using Tarn.Postgres.Tests;

namespace Tarn.Pipelines.Tests;

/// <summary>A store with the orchestrator's tables, without an orchestrator. It can be killed, and opened again.</summary>
internal sealed class IntervalStore : IAsyncDisposable
{
    private readonly Func<Task<MetadataStore>> _open;
    private readonly IDisposable? _directory;
    private MetadataStore _store;

    private IntervalStore(Func<Task<MetadataStore>> open, MetadataStore store, IDisposable? directory)
    {
        _open = open;
        _store = store;
        _directory = directory;
    }

    /// <summary>In SQLite, or in PostgreSQL where a cluster is given; then what runs it is skipped where PostgreSQL is not installed.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="scripts">How many of the migration scripts have run, as in a store of an earlier version.</param>
    public static async Task<IntervalStore> CreateAsync(PostgresCluster? cluster = null, int scripts = int.MaxValue)
    {
        var directory = cluster is null ? new TemporaryDirectory(inMemory: true) : null;
        var postgres = cluster is null ? "" : await cluster.RequireAsync();
        async Task<MetadataStore> OpenAsync() => directory is null
            ? await PostgresMetadataStore.OpenAsync(postgres, PostgresTestOptions.Patient, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance)
            : MetadataStore.Open(directory.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance);
        var store = await OpenAsync();
        await store.MigrateAsync(PipelineTables.Component, [.. PipelineTables.Scripts.Take(scripts)]);
        return new IntervalStore(OpenAsync, store, directory);
    }

    public Task MigrateAsync() => _store.MigrateAsync(PipelineTables.Component, PipelineTables.Scripts);

    public Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write) => _store.WriteAsync(write, WriteDurability.Process);

    public Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read) => _store.ReadAsync(read);

    /// <summary>Ends as with <c>kill -9</c>, and opens what was written.</summary>
    public async Task KillAndOpenAsync()
    {
        _store.Abandon();
        _store = await _open();
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory?.Dispose();
    }
}
