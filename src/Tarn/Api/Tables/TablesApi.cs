using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn;

/// <summary>Tables.</summary>
internal static class TablesApi
{
    private static readonly TimeSpan DefaultRetain = TimeSpan.FromDays(7);

    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/tables").WithTags("tables");
        group.MapGet("/", static async (Lake.Lake lake, CancellationToken cancellation) =>
        {
            var tables = new List<TableView>();
            foreach (var name in await lake.ListTablesAsync(cancellation))
            {
                tables.Add(TableViews.Of(await lake.Table(name.ToString()).SnapshotAsync(cancellationToken: cancellation)));
            }

            return TypedResults.Ok<IReadOnlyList<TableView>>(tables);
        })
            .WithSummary("All tables with their version and size.");
        group.MapGet("/{table}", static async (string table, string? asOf, Lake.Lake lake, CancellationToken cancellation) =>
        {
            var found = lake.Table(table);
            return TypedResults.Ok(TableViews.Of(await found.SnapshotAsync(TableViews.ParseAsOf(asOf), cancellation), found.Location));
        })
            .WithSummary("One table with its schema, and the progress that is stored with it.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{table}/history", static async (string table, int? limit, Lake.Lake lake, CancellationToken cancellation) =>
        {
            var versions = await lake.Table(table).HistoryAsync(Require.Range("limit", limit ?? 50, 1, 10_000), cancellation);
            return TypedResults.Ok<IReadOnlyList<TableVersionView>>([.. versions.Select(TableViews.Of)]);
        })
            .WithSummary("The table's versions, newest first.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{table}/optimize", static async (string table, Lake.Lake lake, CancellationToken cancellation) =>
        {
            var result = await lake.Table(table).OptimizeAsync(cancellation);
            return TypedResults.Ok(new OptimizeView(table, result.Version, result.FilesRemoved, result.FilesAdded, result.BytesRemoved, result.BytesAdded));
        })
            .WithSummary("Puts small files together.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{table}/vacuum", static async (string table, VacuumRequest? request, Lake.Lake lake, CancellationToken cancellation) =>
        {
            var retain = DefaultRetain;
            if (request?.Retain is { } text && !Durations.TryParse(text, out retain))
            {
                throw TarnException.InvalidInput($"retain is a duration. {Durations.Rule}", text);
            }

            var result = await lake.Table(table).VacuumAsync(retain, request?.DryRun ?? false, cancellation);
            return TypedResults.Ok(new VacuumView(table, request?.DryRun ?? false, result.Files.Count, result.Bytes));
        })
            .WithSummary("Removes files that no version younger than retain needs.").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }
}
