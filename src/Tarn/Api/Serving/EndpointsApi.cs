using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Core;
using Tarn.Serving;
using Route = Tarn.Serving.Route;

namespace Tarn;

/// <summary>Endpoints: how their requests are split, and what became of them.</summary>
internal static class EndpointsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/endpoints").WithTags("endpoints");
        group.MapGet("/", static async (EndpointBook book, EndpointReader reader, CancellationToken cancellation) =>
        {
            var views = new List<EndpointView>();
            foreach (var endpoint in book.Endpoints)
            {
                views.Add(await reader.ReadAsync(endpoint, cancellation));
            }

            return TypedResults.Ok<IReadOnlyList<EndpointView>>(views);
        })
            .WithSummary("All endpoints with their splits, the rollouts that go on, and what was counted in this process.");
        group.MapGet("/{endpoint}", static async (string endpoint, EndpointBook book, EndpointReader reader, CancellationToken cancellation) =>
            TypedResults.Ok(await reader.ReadAsync(book.Get(endpoint), cancellation)))
            .WithSummary("One endpoint.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/", CreateAsync)
            .WithSummary("Makes an endpoint: a name by which a model is called. Without variants everything goes to the model's champion, which need not be there yet.")
            .Produces<EndpointView>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPut("/{endpoint}/split", SplitAsync)
            .WithSummary("Sets how an endpoint's requests are split. The versions are loaded first, so that it takes effect at once and fails no request; with a revision it is refused where somebody changed the endpoint since.")
            .Produces<EndpointView>()
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{endpoint}", static async (string endpoint, string? reason, HttpContext http, EndpointBook book) =>
        {
            await book.DeleteAsync(endpoint, EndpointBodies.Change(http, reason), http.RequestAborted);
            return TypedResults.NoContent();
        })
            .WithSummary("Deletes an endpoint; its ledger stays.").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        MapHistory(group);
    }

    private static void MapHistory(RouteGroupBuilder group)
    {
        group.MapGet("/{endpoint}/ledger", static async (string endpoint, long? before, int? limit, EndpointBook book, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<EndpointLedgerView>>(
                [.. (await book.ListLedgerAsync(endpoint, before, Require.Range("limit", limit ?? 100, 1, 1000), cancellation)).Select(EndpointViewParts.Of)]))
            .WithSummary("What happened to an endpoint, newest first: when, who, why, from, to, and the numbers of a verdict. Also of one that was deleted. Page with before = the last number.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/{endpoint}/windows", static (string endpoint, int? minutes, EndpointBook book, EndpointReader reader) =>
            TypedResults.Ok(reader.Windows(book.Get(endpoint), Require.Range("minutes", minutes ?? 60, 1, 60))))
            .WithSummary("What was counted in the last minutes, in windows of ten seconds, of each variant and shadow; windows in which nothing happened are left out.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{endpoint}/predictions", static async (string endpoint, int? limit, EndpointBook book, PredictionTail tail, CancellationToken cancellation) =>
            TypedResults.Ok(await tail.ReadAsync(book.Get(endpoint).Name, Require.Range("limit", limit ?? 50, 1, 1000), cancellation)))
            .WithSummary("The last predictions, newest first, with those of shadows; all of them are in gold.predictions.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> CreateAsync(EndpointBody body, HttpContext http, EndpointBook book, EndpointVersions versions, EndpointReader reader)
    {
        var definition = new EndpointDefinition(body.Name ?? "", body.Model ?? "") { StickyHeader = Text(body.StickyHeader), Shadows = EndpointBodies.Shadows(body.Shadows ?? []) };
        definition = body.Variants is null ? definition : definition with { Variants = EndpointBodies.Variants(body.Variants) };
        var targets = body.Variants is null ? [] : EndpointBodies.Targets(definition.Check());
        var made = await versions.ChangeAsync(
            definition.Name, definition.Model, targets, () => book.CreateAsync(definition, EndpointBodies.Change(http, body.Reason), http.RequestAborted), http.RequestAborted);
        return TypedResults.Created($"/api/v1/endpoints/{made.Name}", await reader.ReadAsync(made, http.RequestAborted));
    }

    private static async Task<IResult> SplitAsync(string endpoint, SplitBody body, HttpContext http, EndpointBook book, EndpointVersions versions, EndpointReader reader)
    {
        var before = book.Get(endpoint);
        var route = new Route(
            EndpointBodies.Variants(body.Variants ?? throw TarnException.InvalidInput("variants has to be given.", null, "As in {\"variants\": [{\"alias\": \"champion\", \"weight\": 90}, {\"version\": 7, \"weight\": 10}]}.")),
            body.Shadows is null ? before.Route.Shadows : EndpointBodies.Shadows(body.Shadows),
            body.StickyHeader is null ? before.Route.StickyHeader : Text(body.StickyHeader));
        var after = await versions.ChangeAsync(
            endpoint,
            before.Model,
            EndpointBodies.Targets(route),
            () => book.SetRouteAsync(endpoint, route, EndpointBodies.Change(http, body.Reason, body.Revision), http.RequestAborted),
            http.RequestAborted);
        return TypedResults.Ok(await reader.ReadAsync(after, http.RequestAborted));
    }

    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
