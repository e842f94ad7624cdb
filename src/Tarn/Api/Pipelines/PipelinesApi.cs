using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>Pipelines.</summary>
internal static class PipelinesApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/pipelines").WithTags("pipelines");
        group.MapGet("/", static async (Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<PipelineView>>(
                [.. (await orchestrator.ListPipelinesAsync(cancellation)).Select(p => PipelineViews.Of(p, orchestrator.Pipelines.Get(p.Name)))]))
            .WithSummary("All pipelines with their next and last runs.");
        group.MapGet("/{pipeline}", static async (string pipeline, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok(PipelineViews.Of(await orchestrator.GetPipelineAsync(pipeline, cancellation), orchestrator.Pipelines.Get(pipeline))))
            .WithSummary("One pipeline: its definition, its next and last runs, and how its data intervals ended.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{pipeline}/runs", static async (string pipeline, TriggerRequest? request, Orchestrator orchestrator, CancellationToken cancellation) =>
        {
            var run = await orchestrator.TriggerAsync(pipeline, Require.OptionalInstant("logicalDate", request?.LogicalDate), request?.Parameters, cancellation);
            return TypedResults.Accepted($"/api/v1/runs/{run.Id}", RunViews.Of(run));
        })
            .WithSummary("Runs a pipeline, for now or for a logical date, with parameters.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{pipeline}/pause", static async (string pipeline, Orchestrator orchestrator, CancellationToken cancellation) =>
        {
            await orchestrator.PauseAsync(pipeline, cancellation);
            return TypedResults.NoContent();
        })
            .WithSummary("Pauses a pipeline's schedule.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{pipeline}/resume", static async (string pipeline, Orchestrator orchestrator, CancellationToken cancellation) =>
        {
            await orchestrator.ResumeAsync(pipeline, cancellation);
            return TypedResults.NoContent();
        })
            .WithSummary("Resumes a pipeline's schedule.").ProducesProblem(StatusCodes.Status404NotFound);
        MapHistory(group);
    }

    private static void MapHistory(RouteGroupBuilder group)
    {
        group.MapGet("/{pipeline}/grid", static async (string pipeline, int? limit, string? before, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok(PipelineViews.Of(
                await orchestrator.GetGridAsync(pipeline, Require.Range("limit", limit ?? 30, 1, 200), before, cancellation), orchestrator.Pipelines.Get(pipeline))))
            .WithSummary("The newest runs with the states of their tasks, the calls of mapped tasks summed up; page with before = the last run's id.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{pipeline}/calendar", static async (string pipeline, string? from, string? to, string? zone, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok(PipelineViews.Of(await orchestrator.GetCalendarAsync(
                pipeline, Require.OptionalDay("from", from), Require.OptionalDay("to", to), Require.OptionalZone("zone", zone), cancellation))))
            .WithSummary("What became of the data intervals of each day; default the year up to today, by the days of the schedule's time zone.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{pipeline}/intervals", static async (string pipeline, string? from, string? to, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok(PipelineViews.Of(await orchestrator.GetIntervalsAsync(
                pipeline, Require.OptionalInstant("from", from), Require.OptionalInstant("to", to), cancellation))))
            .WithSummary("What became of the data intervals, as ranges of neighbours that ended alike, and counted; default all up to now.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{pipeline}/versions", static async (string pipeline, int? limit, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<PipelineVersionView>>(
                [.. (await orchestrator.ListVersionsAsync(pipeline, Require.Range("limit", limit ?? 50, 1, 1000), cancellation)).Select(static v => new PipelineVersionView(v.Hash, v.FirstSeen, v.IsCurrent, v.Definition))]))
            .WithSummary("The versions of a pipeline's definition, newest first, by the hashes that its runs carry.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{pipeline}/repairs", static async (string pipeline, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok(RepairViews.Of(await orchestrator.GetRepairsAsync(pipeline, cancellation))))
            .WithSummary("The tables whose late rows repair a pipeline's past intervals, what waits to be run again, and the repairs so far with their causes.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }
}
