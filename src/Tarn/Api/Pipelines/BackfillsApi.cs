using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>Backfills of pipelines.</summary>
internal static class BackfillsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/pipelines/{pipeline}/backfills", static async Task<Results<Ok<BackfillPreviewView>, Created<BackfillView>>> (
            string pipeline, BackfillBody body, Orchestrator orchestrator, CancellationToken cancellation) =>
        {
            var request = BackfillViews.Request(pipeline, body);
            if (body.DryRun == true)
            {
                return TypedResults.Ok(BackfillViews.Of(await orchestrator.PreviewBackfillAsync(request, cancellation)));
            }

            var backfill = await orchestrator.CreateBackfillAsync(request, cancellation);
            return TypedResults.Created($"/api/v1/backfills/{backfill.Id}", BackfillViews.Of(backfill));
        })
            .WithTags("backfills")
            .WithSummary("Runs a pipeline's past data intervals, beside its schedule and with a limit of active runs of its own; with dryRun says what that would be.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        var group = api.MapGroup("/backfills").WithTags("backfills");
        group.MapGet("/", static async (string? pipeline, int? limit, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<BackfillView>>([.. (await orchestrator.ListBackfillsAsync(
                pipeline is null ? null : orchestrator.Pipelines.Get(pipeline).Name, Require.Range("limit", limit ?? 50, 1, 1000), cancellation)).Select(BackfillViews.Of)]))
            .WithSummary("Backfills, newest first.").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{id}", static async (string id, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok(BackfillViews.Of(await orchestrator.GetBackfillAsync(id, cancellation))))
            .WithSummary("One backfill and how far it has come; its runs are those of /runs?backfill=.").ProducesProblem(StatusCodes.Status404NotFound);
        MapChange(group, "pause", "Makes no further runs of a backfill until it is resumed; those that were made go on.", static (o, id, c) => o.PauseBackfillAsync(id, c));
        MapChange(group, "resume", "Makes runs of a backfill again.", static (o, id, c) => o.ResumeBackfillAsync(id, c));
        MapChange(group, "cancel", "Ends a backfill, and cancels those of its runs that have not ended.", static (o, id, c) => o.CancelBackfillAsync(id, c));
        group.MapGet("/{id}/wait", static async (string id, double? timeoutSeconds, Orchestrator orchestrator, IHostApplicationLifetime lifetime, HttpContext http) =>
        {
            var timeout = TimeSpan.FromSeconds(Require.Range("timeoutSeconds", timeoutSeconds ?? 30, 0, 300));
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
            return TypedResults.Ok(BackfillViews.Of(await orchestrator.WaitForBackfillAsync(id, timeout, stop.Token)));
        })
            .WithSummary("Waits until the backfill has ended, or the time is up, and says how far it is then.").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static void MapChange(RouteGroupBuilder group, string verb, string summary, Func<Orchestrator, string, CancellationToken, Task<BackfillSummary>> change) =>
        group.MapPost($"/{{id}}/{verb}", async (string id, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok(BackfillViews.Of(await change(orchestrator, id, cancellation))))
            .WithSummary(summary).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
}
