using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// Answers the requests of the serving protocols before anything else looks at them: their paths are read by hand, since a router's dictionary for each request would be most of the
/// garbage of a small model's answer.
/// </summary>
internal sealed class ServingMiddleware
{
    private readonly RequestDelegate _next;
    private readonly TensorFlowApi _tensorFlow;
    private readonly OpenInferenceApi _openInference;
    private readonly MlflowApi _mlflow;

    public ServingMiddleware(RequestDelegate next, ServingFront front, ServingInfo info)
    {
        _next = next;
        _tensorFlow = new TensorFlowApi(front);
        _openInference = new OpenInferenceApi(front, info.Version);
        _mlflow = new MlflowApi(front, info.Version);
    }

    public Task InvokeAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        return OpenInferenceApi.Owns(path) ? _openInference.InvokeAsync(http, path)
            : TensorFlowApi.Owns(path) ? _tensorFlow.InvokeAsync(http, path)
            : MlflowApi.Owns(path) ? _mlflow.InvokeAsync(http, path)
            : _next(http);
    }
}

/// <summary>What the protocols say of the program.</summary>
/// <param name="Version">Its version.</param>
public sealed record ServingInfo(string Version);

/// <summary>Puts the model server into a web application.</summary>
public static class ServingExtensions
{
    /// <summary>Adds what the protocols need; a <see cref="ModelServer"/> and a <see cref="ServingInfo"/> have to be there.</summary>
    public static IServiceCollection AddServing(this IServiceCollection services) => services.AddSingleton<ServingFront>();

    /// <summary>Answers requests of TensorFlow Serving's REST API (<c>/v1/models</c>), of the Open Inference Protocol (<c>/v2</c>) and of MLflow's scoring server (<c>/invocations</c>); others go on.</summary>
    public static IApplicationBuilder UseServing(this IApplicationBuilder app) => app.UseMiddleware<ServingMiddleware>();
}
