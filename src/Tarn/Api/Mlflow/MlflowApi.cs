using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Registry;

namespace Tarn;

/// <summary>
/// MLflow's REST API 2.0 over the registry, for MLflow's clients: <c>/api/2.0/mlflow/…</c> and, with proxied artifacts, <c>/api/2.0/mlflow-artifacts/…</c>. Errors are MLflow's: a JSON object
/// with <c>error_code</c> and <c>message</c>. After the protocol's definition (service.proto, model_registry.proto, mlflow_artifacts.proto).
/// </summary>
internal static partial class MlflowApi
{
    private const string Proxied = "/api/2.0/mlflow-artifacts";

    // Old clients call it a preview.
    private static readonly string[] Prefixes = ["/api/2.0/mlflow", "/api/2.0/preview/mlflow"];

    private static readonly (string Methods, string Path, Func<MlflowCall, Task> Answer)[] Routes =
    [
        ("POST", "experiments/create", MlflowExperiments.CreateAsync),
        ("GET", "experiments/get", MlflowExperiments.GetAsync),
        ("GET", "experiments/get-by-name", MlflowExperiments.GetByNameAsync),
        ("GET POST", "experiments/search", MlflowExperiments.SearchAsync),
        ("GET", "experiments/list", MlflowExperiments.SearchAsync),
        ("POST", "experiments/update", MlflowExperiments.UpdateAsync),
        ("POST", "experiments/delete", MlflowExperiments.DeleteAsync),
        ("POST", "experiments/restore", MlflowExperiments.RestoreAsync),
        ("POST", "experiments/set-experiment-tag", MlflowExperiments.SetTagAsync),
        ("POST", "experiments/delete-experiment-tag", MlflowExperiments.DeleteTagAsync),
        ("POST", "runs/create", MlflowRuns.CreateAsync),
        ("GET", "runs/get", MlflowRuns.GetAsync),
        ("POST", "runs/update", MlflowRuns.UpdateAsync),
        ("POST", "runs/delete", MlflowRuns.DeleteAsync),
        ("POST", "runs/restore", MlflowRuns.RestoreAsync),
        ("POST", "runs/log-metric", MlflowRuns.LogMetricAsync),
        ("POST", "runs/log-parameter", MlflowRuns.LogParamAsync),
        ("POST", "runs/log-batch", MlflowRuns.LogBatchAsync),
        ("POST", "runs/log-model", MlflowRuns.LogModelAsync),
        ("POST", "runs/log-inputs", MlflowRuns.LogInputsAsync),
        ("POST", "runs/set-tag", MlflowRuns.SetTagAsync),
        ("POST", "runs/delete-tag", MlflowRuns.DeleteTagAsync),
        ("POST", "runs/search", MlflowRuns.SearchAsync),
        ("GET", "metrics/get-history", MlflowRuns.HistoryAsync),
        ("GET", "metrics/get-history-bulk-interval", MlflowRuns.HistoryOfManyAsync),
        ("GET", "artifacts/list", MlflowArtifacts.ListOfRunAsync),
        ("POST", "registered-models/create", MlflowModels.CreateAsync),
        ("GET", "registered-models/get", MlflowModels.GetAsync),
        ("POST", "registered-models/rename", MlflowModels.RenameAsync),
        ("PATCH", "registered-models/update", MlflowModels.UpdateAsync),
        ("DELETE", "registered-models/delete", MlflowModels.DeleteAsync),
        ("GET", "registered-models/search", MlflowModels.SearchAsync),
        ("GET POST", "registered-models/get-latest-versions", MlflowModels.LatestVersionsAsync),
        ("POST", "registered-models/set-tag", MlflowModels.SetTagAsync),
        ("DELETE", "registered-models/delete-tag", MlflowModels.DeleteTagAsync),
        ("POST", "registered-models/alias", MlflowModels.SetAliasAsync),
        ("GET", "registered-models/alias", MlflowModels.GetByAliasAsync),
        ("DELETE", "registered-models/alias", MlflowModels.DeleteAliasAsync),
        ("POST", "model-versions/create", MlflowVersions.CreateAsync),
        ("GET", "model-versions/get", MlflowVersions.GetAsync),
        ("PATCH", "model-versions/update", MlflowVersions.UpdateAsync),
        ("DELETE", "model-versions/delete", MlflowVersions.DeleteAsync),
        ("GET", "model-versions/search", MlflowVersions.SearchAsync),
        ("GET", "model-versions/get-download-uri", MlflowVersions.DownloadUriAsync),
        ("POST", "model-versions/transition-stage", MlflowVersions.TransitionAsync),
        ("POST", "model-versions/set-tag", MlflowVersions.SetTagAsync),
        ("DELETE", "model-versions/delete-tag", MlflowVersions.DeleteTagAsync),
    ];

    /// <summary>Whether a path is one of this API's.</summary>
    public static bool Owns(PathString path) => path.StartsWithSegments(Proxied) || Array.Exists(Prefixes, prefix => path.StartsWithSegments(prefix));

    public static void Map(IEndpointRouteBuilder app)
    {
        foreach (var prefix in Prefixes)
        {
            foreach (var (methods, path, answer) in Routes)
            {
                Add(app, methods, $"{prefix}/{path}", async http =>
                    await answer(new MlflowCall(http, http.RequestServices.GetRequiredService<ModelRegistry>(), await MlflowFields.ReadAsync(http.Request, http.RequestAborted))));
            }

            MapUnknown(app, prefix);
        }

        Add(app, "GET", $"{Proxied}/artifacts", async http =>
            await MlflowArtifacts.ListAsync(new MlflowCall(http, http.RequestServices.GetRequiredService<ModelRegistry>(), await MlflowFields.ReadAsync(http.Request, http.RequestAborted))));
        AddFile("GET", MlflowArtifacts.DownloadAsync);
        AddFile("PUT", MlflowArtifacts.UploadAsync);
        AddFile("DELETE", MlflowArtifacts.DeleteAsync);
        Add(app, "POST", $"{Proxied}/mpu/{{**rest}}", static _ => throw new MlflowFault(MlflowFault.NotImplemented, "Multipart upload is not supported for the current artifact repository"));
        MapUnknown(app, Proxied);

        void AddFile(string method, Func<HttpContext, ModelRegistry, string, Task> answer) =>
            Add(app, method, $"{Proxied}/artifacts/{{**path}}", http => answer(http, http.RequestServices.GetRequiredService<ModelRegistry>(), (string?)http.Request.RouteValues["path"] ?? ""));
    }

    private static void MapUnknown(IEndpointRouteBuilder app, string prefix) => app.Map($"{prefix}/{{**rest}}", static http =>
        MlflowCall.FailAsync(http, MlflowFault.NoEndpoint, $"{http.Request.Method} {http.Request.Path} is not one of the endpoints that this server has.")).ExcludeFromDescription();

    private static void Add(IEndpointRouteBuilder app, string methods, string path, RequestDelegate answer) => app.MapMethods(path, methods.Split(' '), async http =>
    {
        try
        {
            await answer(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            http.Abort();
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            // The store reads a body as it comes, and takes what is wrong with it for a fault of its own.
            var body = exception as BadHttpRequestException ?? (exception as TarnException)?.InnerException as BadHttpRequestException;
            var (code, message) = MlflowFault.Of(body ?? exception) ?? (MlflowFault.Internal, "The server failed at this; its log has the details.");
            if (MlflowFault.StatusOf(code) >= 500)
            {
                LogFailed(http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(MlflowApi)), exception, http.Request.Method, http.Request.Path);
            }

            // MLflow has no code for a body that is too large; HTTP has.
            await MlflowCall.FailAsync(http, code, message, body?.StatusCode);
        }
    }).ExcludeFromDescription();

    [LoggerMessage(EventId = 7101, Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private static partial void LogFailed(ILogger logger, Exception exception, string method, string path);
}
