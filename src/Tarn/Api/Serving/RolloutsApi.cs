using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Serving;

namespace Tarn;

/// <summary>Rollouts of endpoints.</summary>
internal static class RolloutsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/endpoints/{endpoint}").WithTags("endpoints");
        group.MapGet("/rollouts", static async (string endpoint, long? before, int? limit, EndpointBook book, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<RolloutView>>(
                [.. (await book.ListRolloutsAsync(endpoint, before, Require.Range("limit", limit ?? 100, 1, 1000), cancellation)).Select(EndpointViewParts.Of)]))
            .WithSummary("The rollouts of an endpoint, newest first, with those that ended. Page with before = the last id.").ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapPost("/rollout", StartAsync)
            .WithSummary("Starts a rollout: the canary is loaded and gets the first stage's share; tests watch over it, take it on from stage to stage, and back where it does harm.")
            .Produces<RolloutView>()
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        Map(group, "pause", "Halts a rollout: the split stays, and nothing that happens is evidence.", static (rollouts, endpoint, change, cancellation) => rollouts.PauseAsync(endpoint, change, cancellation));
        Map(group, "resume", "Lets a rollout that was halted go on.", static (rollouts, endpoint, change, cancellation) => rollouts.ResumeAsync(endpoint, change, cancellation));
        Map(group, "abort", "Ends a rollout: everything goes back to the control at once.", static (rollouts, endpoint, change, cancellation) => rollouts.AbortAsync(endpoint, change, cancellation));
    }

    private static void Map(RouteGroupBuilder group, string verb, string summary, Func<Rollouts, string, RouteChange, CancellationToken, Task<Rollout>> act) =>
        group.MapPost($"/rollout/{verb}", async (string endpoint, ReasonBody? body, HttpContext http, Rollouts rollouts) =>
            TypedResults.Ok(EndpointViewParts.Of(await act(rollouts, endpoint, EndpointBodies.Change(http, body?.Reason), http.RequestAborted))))
            .WithSummary(summary).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<IResult> StartAsync(string endpoint, RolloutBody body, HttpContext http, EndpointBook book, EndpointVersions versions, Rollouts rollouts)
    {
        var plan = EndpointBodies.Plan(body);
        var rollout = await versions.ChangeAsync(
            endpoint,
            book.Get(endpoint).Model,
            [(plan.CanaryName, plan.Canary)],
            () => rollouts.StartAsync(endpoint, plan, EndpointBodies.Change(http, body.Reason, body.Revision), http.RequestAborted),
            http.RequestAborted);
        return TypedResults.Ok(EndpointViewParts.Of(rollout));
    }
}
