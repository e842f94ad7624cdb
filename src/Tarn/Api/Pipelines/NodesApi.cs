using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>The processes that run pipelines.</summary>
internal static class NodesApi
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/nodes", static async (Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<NodeView>>([.. (await orchestrator.ListNodesAsync(cancellation)).Select(PipelineViews.Of)]))
            .WithTags("nodes")
            .WithSummary("The processes that run pipelines on this store: which leads, how many attempts each may run and does, when it was last seen.");
}
