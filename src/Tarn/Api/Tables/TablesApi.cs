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

            foreach (var name in await lake.ListViewsAsync(cancellation))
            {
                if (tables.TrueForAll(t => t.Name != name.ToString()) && await lake.FindViewAsync(name.ToString(), cancellation) is { } view)
                {
                    tables.Add(TableViews.Of(view));
                }
            }

            return TypedResults.Ok<IReadOnlyList<TableView>>([.. tables.OrderBy(static t => t.Name, StringComparer.Ordinal)]);
        })
            .WithSummary("All tables and views, with their version and size.");
        group.MapGet("/{table}", static async (string table, string? asOf, Lake.Lake lake, ModelCatalog models, CancellationToken cancellation) =>
        {
            var found = lake.Table(table);
            if (!await found.ExistsAsync(cancellation) && await lake.FindViewAsync(table, cancellation) is { } view)
            {
                return TypedResults.Ok(TableViews.Of(view, models));
            }

            return TypedResults.Ok(TableViews.Of(await found.SnapshotAsync(TableViews.ParseAsOf(asOf), cancellation), found.Location, models));
        })
            .WithSummary("One table or view with its schema, the progress that is stored with it, its SQL model, and what reads what.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{table}/refresh", static async (string table, RefreshRequest? request, ModelCatalog models, CancellationToken cancellation) =>
        {
            var result = await models.Runner.RunAsync(table, new ModelRunOptions { FullRefresh = request?.Full ?? false }, cancellation);
            var warnings = result.Tests.Where(static t => t.FailingRows > 0).Select(static t => t.ToString());
            return TypedResults.Ok(new RefreshView(table, ModelNames.Of(result.Action), result.Version, result.Rows, [.. warnings]));
        })
            .WithSummary("Runs the table's SQL model now; with full, makes its columns and all its rows anew.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{table}/history", static async (string table, int? limit, Lake.Lake lake, CancellationToken cancellation) =>
        {
            var versions = await lake.Table(table).HistoryAsync(Require.Range("limit", limit ?? 50, 1, 10_000), cancellation);
            return TypedResults.Ok<IReadOnlyList<TableVersionView>>([.. versions.Select(TableViews.Of)]);
        })
            .WithSummary("The table's versions, newest first.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{table}/optimize", static async (string table, OptimizeRequest? request, Lake.Lake lake, CancellationToken cancellation) =>
        {
            var result = await lake.Table(table).OptimizeAsync(new OptimizeOptions { ZOrderBy = request?.ZOrderBy ?? [], Where = request?.Where }, cancellation);
            return TypedResults.Ok(new OptimizeView(table, result.Version, result.FilesRemoved, result.FilesAdded, result.BytesRemoved, result.BytesAdded));
        })
            .WithSummary("Puts small files together, or rows in an order that lets readers skip files.").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{table}/restore", static async (string table, RestoreRequest request, Lake.Lake lake, CancellationToken cancellation) =>
        {
            var to = TableViews.ParseAsOf(request.To) ?? throw TarnException.InvalidInput("to is a version or a time.", request.To, "For example 12, or 2026-01-31T00:00:00Z.");
            var result = await lake.Table(table).RestoreAsync(to, cancellation);
            return TypedResults.Ok(new RestoreView(table, result.Version, result.RowsAdded, result.RowsRemoved));
        })
            .WithSummary("Makes the table what it was, by a new version.").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
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
