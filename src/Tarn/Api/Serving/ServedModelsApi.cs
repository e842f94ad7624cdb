using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Serving;

namespace Tarn;

/// <summary>The models that are served.</summary>
internal static class ServedModelsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var serving = api.MapGroup("/serving").WithTags("serving");
        serving.MapGet("/remotes", static (IServiceProvider services) =>
            TypedResults.Ok<IReadOnlyList<RemoteView>>([.. (services.GetService<RemoteModels>()?.Read() ?? []).Select(RemoteView.Of)]))
            .WithSummary("The instances of remote clusters: whether they are asked, or why not, and what they did.");
        serving.MapGet("/models", static (IServiceProvider services) =>
            TypedResults.Ok<IReadOnlyList<ServedModelView>>([.. (services.GetService<ModelServer>()?.Inspect() ?? []).Select(ServedModelView.Of)]))
        .WithSummary("The models that are served, by name: their versions, which are loaded or why not, their inputs and outputs, and what they did since.");
    }
}
