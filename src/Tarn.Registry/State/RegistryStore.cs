using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Registry;

/// <summary>What the parts of the registry share: the store, the clock, the ids, and what the store's SQL is like.</summary>
internal sealed class RegistryStore(MetadataStore metadata, TimeProvider time, IdSource ids)
{
    private bool _likeMindsCase;

    public MetadataStore Metadata => metadata;

    public IdSource Ids => ids;

    /// <summary>Now, as it is stored.</summary>
    public long Now => Instant.ToMicroseconds(time.GetUtcNow());

    public async Task OpenAsync(CancellationToken cancellation)
    {
        await metadata.MigrateAsync(RegistryTables.Component, RegistryTables.Scripts, cancellation);
        await LookAsync(cancellation);
    }

    /// <summary>Finds out what the store's SQL is like.</summary>
    public async Task LookAsync(CancellationToken cancellation) => _likeMindsCase = await metadata.ReadAsync(
        static c => c.QuerySingleAsync<long>("SELECT CAST(CASE WHEN 'a' LIKE 'A' THEN 0 ELSE 1 END AS BIGINT)"), cancellation) == 1;

    public SearchSql Search(SearchScope scope, string? filter, IReadOnlyList<string> orderBy) => new(scope, filter, orderBy, _likeMindsCase);

    /// <summary>A page of what a search finds.</summary>
    /// <param name="sql">The search, with the values of its filter.</param>
    /// <param name="statement">Its SELECT, up to the order: one row more than the limit is asked for, which tells that there is more.</param>
    /// <param name="limit">The most.</param>
    /// <param name="offset">So many are passed over first.</param>
    /// <param name="complete">Makes the rows whole, by further reads of the same snapshot.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    public Task<SearchPage<T>> PageAsync<TRow, T>(
        SearchSql sql, string statement, int limit, long offset, Func<DbConnection, IReadOnlyList<TRow>, Task<IReadOnlyList<T>>> complete, CancellationToken cancellation)
    {
        sql.Values.Add("limit", limit + 1L);
        sql.Values.Add("offset", offset);
        return ReadAsync(
            async connection =>
            {
                var page = SearchPage<TRow>.Of((await connection.QueryAsync<TRow>($"{statement} LIMIT @limit OFFSET @offset", sql.Values)).AsList(), limit, offset);
                return new SearchPage<T>(await complete(connection, page.Items), page.NextOffset);
            },
            cancellation);
    }

    public Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation) => metadata.ReadAsync(read, cancellation);

    public Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation) => metadata.WriteAsync(write, cancellation: cancellation);

    public Task WriteAsync(Func<DbConnection, DbTransaction, Task> write, CancellationToken cancellation) => metadata.WriteAsync(
        async (connection, transaction) =>
        {
            await write(connection, transaction);
            return 0;
        },
        cancellation: cancellation);
}
