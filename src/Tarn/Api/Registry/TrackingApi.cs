using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Tarn.Core;
using Tarn.Registry;

namespace Tarn;

/// <summary>Experiments and training runs, to read; they are written in MLflow's way (<see cref="MlflowApi"/>) or by programs.</summary>
internal static class TrackingApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var experiments = api.MapGroup("/experiments").WithTags("experiments");
        experiments.MapGet("/", static async (string? filter, string? orderBy, string? view, int? limit, ModelRegistry registry, CancellationToken cancellation) =>
        {
            var search = new ExperimentSearch { Filter = filter, OrderBy = Orders(orderBy), View = RegistryViews.View(view), Limit = Require.Range("limit", limit ?? 200, 1, 1000) };
            var page = await registry.Experiments.SearchAsync(search, cancellation);
            var activity = await registry.Experiments.ActivityAsync([.. page.Items.Select(static e => e.Id)], cancellation);
            return TypedResults.Ok<IReadOnlyList<ExperimentView>>([.. page.Items.Select(e => RegistryViews.Of(e, activity.GetValueOrDefault(e.Id)))]);
        })
            .WithSummary("Experiments, newest first, with what their runs do; filter and orderBy in MLflow's language of searches, as in name LIKE 'pizza%'.").ProducesProblem(StatusCodes.Status400BadRequest);
        experiments.MapGet("/{experiment}", static async (string experiment, ModelRegistry registry, CancellationToken cancellation) =>
        {
            var found = await FindAsync(registry, experiment, cancellation);
            return TypedResults.Ok(RegistryViews.Of(found, (await registry.Experiments.ActivityAsync([found.Id], cancellation)).GetValueOrDefault(found.Id)));
        })
            .WithSummary("One experiment, by its id or name.").ProducesProblem(StatusCodes.Status404NotFound);

        var runs = api.MapGroup("/training-runs").WithTags("training-runs");
        runs.MapGet("/", static async (
            [FromQuery] string[] experiment, string? filter, string? orderBy, string? view, int? limit, string? pageToken, ModelRegistry registry, CancellationToken cancellation) =>
        {
            var page = await registry.Runs.SearchAsync(
                new RunSearch
                {
                    ExperimentIds = await ExperimentsAsync(registry, experiment, view, cancellation),
                    Filter = filter,
                    OrderBy = Orders(orderBy),
                    View = RegistryViews.View(view),
                    Limit = Require.Range("limit", limit ?? 100, 1, 1000),
                    Offset = RegistryViews.Offset(pageToken),
                },
                cancellation);
            return TypedResults.Ok(new TrainingRunsView([.. page.Items.Select(RegistryViews.Of)], RegistryViews.Token(page.NextOffset)));
        })
            .WithSummary("Training runs with what was logged to them, newest first: of all experiments, or of those named (by id or name, several times). filter and orderBy in MLflow's language of searches, as in metrics.accuracy > 0.9 and metrics.accuracy DESC.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapGet("/curves", static async ([FromQuery] string[] run, string metric, int? points, ModelRegistry registry, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<MetricCurveView>>(
                [.. (await registry.Runs.CurvesAsync([.. run.Take(100)], metric, Require.Range("points", points ?? 500, 1, 5000), cancellation: cancellation)).Select(c => RegistryViews.Of(c, metric))]))
            .WithSummary("A metric of up to 100 runs, by step, thinned evenly to so many points each; first and last are always there.").ProducesProblem(StatusCodes.Status400BadRequest);
        runs.MapGet("/{id}", static async (string id, ModelRegistry registry, CancellationToken cancellation) =>
        {
            var found = await registry.Runs.GetAsync(id, cancellation);
            var models = await registry.Models.SearchVersionsAsync(new ModelSearch { Filter = $"run_id = '{found.Id}'" }, cancellation);
            return TypedResults.Ok(new TrainingRunDetailsView(RegistryViews.Of(found), [.. models.Items.Select(static v => new RunModelView(v.Model, v.Version, v.Aliases))]));
        })
            .WithSummary("One training run with what was logged to it, and the model versions that were made of it.").ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapGet("/{id}/artifacts", static async (string id, string? path, ModelRegistry registry, CancellationToken cancellation) =>
        {
            var (folder, within) = (ArtifactStore.FolderOf(await registry.Runs.GetAsync(id, cancellation)), (path ?? "").Trim('/'));
            var found = await registry.Artifacts.ListAsync(within.Length == 0 ? folder : $"{folder}/{within}", cancellation);
            return TypedResults.Ok<IReadOnlyList<ArtifactView>>([.. found.Select(f => RegistryViews.Of(f, within))]);
        })
            .WithSummary("The files and folders directly in a folder of a run's artifacts.").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapGet("/{id}/artifacts/content", static async (string id, string path, HttpContext http, ModelRegistry registry) =>
            await SendAsync(http, registry, $"{ArtifactStore.FolderOf(await registry.Runs.GetAsync(id, http.RequestAborted))}/{path.Trim('/')}"))
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").WithSummary("The bytes of one of a run's artifacts.").ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <summary>Sends a file.</summary>
    public static async Task SendAsync(HttpContext http, ModelRegistry registry, string path)
    {
        await using var content = await registry.Artifacts.OpenAsync(path, http.RequestAborted) ?? throw TarnException.NotFound("There is no such file.", path);
        await MlflowArtifacts.SendAsync(http, path, content);
    }

    /// <summary>The terms of an order, which commas part.</summary>
    public static string[] Orders(string? text) => (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static async Task<Experiment> FindAsync(ModelRegistry registry, string experiment, CancellationToken cancellation) =>
        await registry.Experiments.FindAsync(experiment, cancellation)
        ?? (long.TryParse(experiment, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? await registry.Experiments.GetAsync(id, cancellation)
            : throw TarnException.NotFound("There is no experiment of that name or id.", experiment, "See the list of experiments."));

    private static async Task<IReadOnlyList<long>> ExperimentsAsync(ModelRegistry registry, string[] named, string? view, CancellationToken cancellation)
    {
        if (named.Length == 0)
        {
            return [.. (await registry.Experiments.SearchAsync(new ExperimentSearch { View = RegistryViews.View(view) == LifecycleView.Active ? LifecycleView.Active : LifecycleView.All }, cancellation)).Items.Select(static e => e.Id)];
        }

        var found = new List<long>();
        foreach (var name in named)
        {
            found.Add((await FindAsync(registry, name, cancellation)).Id);
        }

        return found;
    }
}
