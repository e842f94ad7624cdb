using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Core;
using Tarn.Registry;

namespace Tarn;

/// <summary>Registered models: versions, aliases, the ledger.</summary>
internal static class ModelsApi
{
    private const string Unnamed = "API client";

    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/models").WithTags("models");
        group.MapGet("/", static async (string? filter, string? orderBy, int? limit, ModelRegistry registry, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<RegisteredModelView>>([.. (await registry.Models.SearchAsync(
                new ModelSearch { Filter = filter, OrderBy = TrackingApi.Orders(orderBy), Limit = Require.Range("limit", limit ?? 200, 1, 1000) }, cancellation)).Items.Select(RegistryViews.Of)]))
            .WithSummary("Registered models, by name, with what their aliases mean; filter and orderBy in MLflow's language of searches.").ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/{model}", static async (string model, ModelRegistry registry, CancellationToken cancellation) => TypedResults.Ok(new RegisteredModelDetailsView(
            RegistryViews.Of(await registry.Models.GetAsync(model, cancellation)), [.. (await registry.Models.ListVersionsAsync(model, cancellation)).Select(RegistryViews.Of)])))
            .WithSummary("One model with its versions, newest first.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{model}/versions/{version}", static async (string model, long version, ModelRegistry registry, CancellationToken cancellation) =>
            TypedResults.Ok(RegistryViews.Of(await registry.Models.GetVersionAsync(model, version, cancellation))))
            .WithSummary("One version of a model.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{model}/versions/{version}/files/content", static async (string model, long version, string path, HttpContext http, ModelRegistry registry) =>
        {
            var found = await registry.Models.GetVersionAsync(model, version, http.RequestAborted);
            var folder = found.Folder ?? throw TarnException.NotFound("The version's files are elsewhere.", found.Source, "Ask for them where they are.");
            await TrackingApi.SendAsync(http, registry, $"{folder}/{path.Trim('/')}");
        })
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").WithSummary("The bytes of a file of a version.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{model}/ledger", static async (string model, string? alias, long? before, int? limit, ModelRegistry registry, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<LedgerEntryView>>(
                [.. (await registry.Models.LedgerAsync(model, alias, before, Require.Range("limit", limit ?? 100, 1, 1000), cancellation)).Select(RegistryViews.Of)]))
            .WithSummary("What happened to a model's aliases, newest first: who, when, from, to, why, and the numbers of the verdict. Also of a model that was deleted. Page with before = the last number.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/{model}/aliases/{alias}", static async (string model, string alias, string? at, ModelRegistry registry, TimeProvider time, CancellationToken cancellation) =>
        {
            if (Require.OptionalInstant("at", at) is { } then)
            {
                return TypedResults.Ok(new AliasAtView(model, alias, then, await registry.Models.FindByAliasAtAsync(model, alias, then, cancellation)));
            }

            return TypedResults.Ok(new AliasAtView(model, alias, time.GetUtcNow(), (await registry.Models.FindByAliasAsync(model, alias, cancellation))?.Version));
        })
            .WithSummary("Which version an alias means, or meant at an instant: who was champion then.").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{model}/promote", static async (string model, PromoteBody body, ModelRegistry registry, CancellationToken cancellation) =>
        {
            var alias = Alias(body.Alias);
            var version = body.Version ?? throw TarnException.InvalidInput("version has to be given.", null, "It is the number of the version to promote.");
            var change = Change(body.Who, body.Reason) with { Verdict = body.Verdict, ExpectedVersion = body.ExpectedVersion };
            var entry = await registry.Models.SetAliasAsync(model, alias, version, change, cancellation);
            return TypedResults.Ok(new AliasMoveView(model, alias, version, entry is null ? null : RegistryViews.Of(entry)));
        })
            .WithSummary("Gives an alias, by default champion, to a version; the ledger tells it.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPost("/{model}/rollback", static async (string model, RollbackBody body, ModelRegistry registry, CancellationToken cancellation) =>
        {
            var alias = Alias(body.Alias);
            var entry = await registry.Models.RollBackAsync(model, alias, Change(body.Who, body.Reason), cancellation);
            return TypedResults.Ok(new AliasMoveView(model, alias, entry.To, RegistryViews.Of(entry)));
        })
            .WithSummary("Gives an alias, by default champion, back to the version that it meant before; done again, it goes back further.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{model}/aliases/{alias}", static async (string model, string alias, string? who, string? reason, ModelRegistry registry, CancellationToken cancellation) =>
        {
            var entry = await registry.Models.DeleteAliasAsync(model, alias, Change(who, reason), cancellation);
            return TypedResults.Ok(new AliasMoveView(model, alias, null, entry is null ? null : RegistryViews.Of(entry)));
        })
            .WithSummary("Takes an alias away; the ledger tells it.").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static string Alias(string? alias) => string.IsNullOrEmpty(alias) ? RegisteredModels.Champion : alias;

    private static AliasChange Change(string? who, string? reason) => new(string.IsNullOrWhiteSpace(who) ? Unnamed : who, reason ?? "");
}
