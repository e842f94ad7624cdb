using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn;

/// <summary>SQL over the tables, and a table's rows.</summary>
internal static class QueryApi
{
    private const int MostRows = 1_000_000;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(5);

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/query", static (HttpContext http, QueryRequest request, Lake.Lake lake, TimeProvider time) => QueryAsync(http, request, lake, time))
            .Produces<QueryResultView>().ProducesProblem(StatusCodes.Status400BadRequest).WithTags("tables")
            .WithSummary("Asks the tables in SQL: one SELECT in DuckDB's dialect, tables as layer.table.");
        api.MapGet(
            "/tables/{table}/rows",
            static (HttpContext http, string table, int? limit, long? offset, string? orderBy, bool? descending, string? asOf, Lake.Lake lake) =>
                RowsAsync(http, new RowsRequest(table, limit ?? 100, offset ?? 0, orderBy, descending ?? false, asOf), lake))
            .Produces<RowsView>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).WithTags("tables")
            .WithSummary("A table's or view's rows, ordered by a column.");
    }

    private static async Task QueryAsync(HttpContext http, QueryRequest request, Lake.Lake lake, TimeProvider time)
    {
        if (string.IsNullOrWhiteSpace(request.Sql))
        {
            throw TarnException.InvalidInput("sql has to be given.", null, "For example {\"sql\": \"select count(*) from silver.earthquakes\"}.");
        }

        var start = time.GetTimestamp();
        var options = new QueryOptions
        {
            AsOf = TableViews.ParseAsOf(request.AsOf),
            MaxRows = Require.Range("maxRows", request.MaxRows ?? 10_000, 1, MostRows),
            TimeLimit = TimeLimit,
            Parameters = QueryArguments.Read(request.Parameters),
        };
        var result = await lake.Sql.QueryAsync(request.Sql, options, http.RequestAborted).ConfigureAwait(false);
        await using (result.ConfigureAwait(false))
        {
            await ResultJson.WriteAsync(http, result, writer => ResultJson.WriteEnd(writer, result, time.GetElapsedTime(start))).ConfigureAwait(false);
        }
    }

    private static async Task RowsAsync(HttpContext http, RowsRequest request, Lake.Lake lake)
    {
        var limit = Require.Range("limit", request.Limit, 1, 10_000);
        var offset = Require.AtLeast("offset", request.Offset, 0);
        var name = TableName.Parse(request.Table);
        var asOf = TableViews.ParseAsOf(request.AsOf);
        var view = await lake.Table(request.Table).ExistsAsync(http.RequestAborted).ConfigureAwait(false) ? null : await lake.FindViewAsync(request.Table, http.RequestAborted).ConfigureAwait(false);
        var snapshot = view is null ? await lake.Table(request.Table).SnapshotAsync(asOf, http.RequestAborted).ConfigureAwait(false) : null;
        var schema = view?.Schema ?? snapshot!.Schema;
        var order = "";
        if (request.OrderBy is { Length: > 0 } column)
        {
            var found = schema.Find(column)
                ?? throw TarnException.InvalidInput("orderBy is a column of the table.", column, $"There are {string.Join(", ", schema.Columns.Select(static c => c.Name))}.");
            order = $" ORDER BY {Quote(found.Name)} {(request.Descending ? "DESC" : "ASC")} NULLS LAST";
        }

        // A table's own version, so that the rows and their total are of one snapshot; a view's tables as they were asked for.
        var sql = string.Create(CultureInfo.InvariantCulture, $"SELECT * FROM {Quote(name.Layer)}.{Quote(name.Name)}{order} LIMIT {limit} OFFSET {offset}");
        var options = new QueryOptions { AsOf = snapshot is null ? asOf : AsOf.Version(snapshot.Version), MaxRows = limit, TimeLimit = TimeLimit };
        var total = snapshot?.RowCount;
        var result = await lake.Sql.QueryAsync(sql, options, http.RequestAborted).ConfigureAwait(false);
        await using (result.ConfigureAwait(false))
        {
            await ResultJson.WriteAsync(http, result, writer =>
            {
                if (total is { } rows)
                {
                    writer.WriteNumber("total", rows);
                }
                else
                {
                    writer.WriteNull("total");
                }
            }).ConfigureAwait(false);
        }
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private sealed record RowsRequest(string Table, int Limit, long Offset, string? OrderBy, bool Descending, string? AsOf);
}
