using System.Data.Common;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;

namespace Tarn.Pipelines.Tests;

/// <summary>A store on disk with the orchestrator's tables, without an orchestrator. It can be killed, and opened again.</summary>
internal sealed class IntervalStore : IDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 3, 2, 10, 2, 0, TimeSpan.Zero));
    private MetadataStore _store;

    private IntervalStore() => _store = Open();

    public static async Task<IntervalStore> CreateAsync()
    {
        var store = new IntervalStore();
        await store._store.MigrateAsync(PipelineTables.Component, PipelineTables.Scripts);
        return store;
    }

    public Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write) => _store.WriteAsync(write, WriteDurability.Process);

    public Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read) => _store.ReadAsync(read);

    /// <summary>Ends as with <c>kill -9</c>, and opens what is on disk.</summary>
    public void KillAndOpen()
    {
        _store.Abandon();
        _store = Open();
    }

    public void Dispose()
    {
        _store.Abandon();
        _directory.Dispose();
    }

    private MetadataStore Open() => MetadataStore.Open(_directory.Combine("meta.db"), _time, NullLoggerFactory.Instance);
}
