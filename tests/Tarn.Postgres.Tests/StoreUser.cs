using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Xunit;

namespace Tarn.Postgres.Tests;

/// <summary>A store with one table of names.</summary>
internal sealed class StoreUser(MetadataStore store)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public MetadataStore Store => store;

    /// <summary>The connection of the write that goes on.</summary>
    public DbConnection? Connection { get; private set; }

    public static async Task<StoreUser> OpenAsync(string connection, PostgresMetadataOptions options)
    {
        var store = await PostgresMetadataStore.OpenAsync(connection, options, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance, Cancellation);
        try
        {
            await store.MigrateAsync("names", ["CREATE TABLE name(id INTEGER PRIMARY KEY, name TEXT NOT NULL)"], Cancellation);
            return new StoreUser(store);
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>With limits that a busy machine may exceed while nothing is wrong: opens it as often as that happens.</summary>
    public static async Task<StoreUser> OpenImpatientAsync(string connection, PostgresMetadataOptions options)
    {
        while (true)
        {
            try
            {
                return await OpenAsync(connection, options);
            }
            catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
            {
                Cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    public Task<int> InsertAsync(string name) => InsertAsync(name, static () => Task.CompletedTask);

    public Task<int> InsertAsync(string name, Action last) => InsertAsync(name, () =>
    {
        last();
        return Task.CompletedTask;
    });

    /// <summary>Inserts a name, and does something else at the end of the same write.</summary>
    public Task<int> InsertAsync(string name, Func<Task> last) => Store.WriteAsync(
        async (connection, transaction) =>
        {
            var rows = await connection.ExecuteAsync("INSERT INTO name(name) VALUES (@name)", new { name }, transaction);
            Connection = connection;
            await last();
            return rows;
        },
        cancellation: Cancellation);

    public Task<int> CountAsync() => Store.ReadAsync(static c => c.QuerySingleAsync<int>("SELECT count(*) FROM name"), Cancellation);

    public async Task<List<string>> NamesAsync() => [.. await Store.ReadAsync(static c => c.QueryAsync<string>("SELECT name FROM name ORDER BY id"), Cancellation)];

    public Task SignalAsync(string channel, string payload) => Store.WriteAsync(
        async (connection, transaction) =>
        {
            await Store.SignalAsync(connection, transaction, channel, payload);
            return 0;
        },
        cancellation: Cancellation);
}
