using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Core;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>Pipelines.</summary>
internal static class PipelinesApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/pipelines").WithTags("pipelines");
        group.MapGet("/", static async (Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<PipelineView>>([.. (await orchestrator.ListPipelinesAsync(cancellation)).Select(PipelineViews.Of)]))
            .WithSummary("All pipelines with their next and last runs.");
        group.MapGet("/{pipeline}", static async (string pipeline, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok(PipelineViews.Of(await orchestrator.GetPipelineAsync(pipeline, cancellation))))
            .WithSummary("One pipeline.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{pipeline}/runs", static async (string pipeline, TriggerRequest? request, Orchestrator orchestrator, CancellationToken cancellation) =>
        {
            DateTimeOffset? date = null;
            if (request?.LogicalDate is { } text)
            {
                date = Instants.TryParse(text, out var time) ? time : throw TarnException.InvalidInput($"logicalDate is a point in time. {Instants.Rule}", text);
            }

            var run = await orchestrator.TriggerAsync(pipeline, date, cancellation);
            return TypedResults.Accepted($"/api/v1/runs/{run.Id}", PipelineViews.Of(run));
        })
            .WithSummary("Runs a pipeline, for now or for a logical date.").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
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
    }
}
