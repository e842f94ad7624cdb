using Tarn.Native;

namespace Tarn.Lake;

/// <summary>The result of a query over the lake.</summary>
internal sealed class QueryRows(string sql, IReadOnlyDictionary<string, object?> parameters, AsOf? asOf) : RowSource
{
    internal override async Task<OpenRows> OpenAsync(Lake lake, CancellationToken cancellationToken) =>
        new Opened(await lake.Sql.OpenAsync(sql, new QueryOptions { AsOf = asOf, Parameters = parameters }, cancellationToken).ConfigureAwait(false));

    private sealed class Opened(SqlEngine.OpenQuery query) : OpenRows
    {
        public override DuckDbConnection Connection => query.Connection;

        public override string Sql { get; } = query.Sql.TrimEnd().TrimEnd(';');

        public override IReadOnlyDictionary<string, object?> Parameters => query.Parameters;

        public override ValueTask DisposeAsync() => query.DisposeAsync();
    }
}
