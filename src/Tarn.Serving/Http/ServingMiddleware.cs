using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
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
    private readonly EndpointApi _endpoints;
    private readonly ServedRequests _requests;

    public ServingMiddleware(RequestDelegate next, ServingFront front, ServingInfo info, EndpointApi endpoints, ServedRequests requests, ServingMeter meter)
    {
        // The meter is there from the start of the program, for whoever listens.
        ArgumentNullException.ThrowIfNull(meter);
        _next = next;
        _requests = requests;
        _tensorFlow = new TensorFlowApi(front);
        _openInference = new OpenInferenceApi(front, info.Version);
        _mlflow = new MlflowApi(front, info.Version);
        _endpoints = endpoints;
    }

    public Task InvokeAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        if (!Owns(path))
        {
            return _next(http);
        }

        var request = _requests.Begin(http);
        ValueTask answering;
        try
        {
            answering = AnswerAsync(http, path);
        }
        catch
        {
            _requests.End(http, request, hasFailed: true);
            throw;
        }

        return _requests.Watch(http, request, answering);
    }

    /// <summary>Whether a path is one of a serving protocol's.</summary>
    public static bool Owns(string path) => OpenInferenceApi.Owns(path) || TensorFlowApi.Owns(path) || MlflowApi.Owns(path) || EndpointApi.Owns(path);

    private ValueTask AnswerAsync(HttpContext http, string path) =>
        OpenInferenceApi.Owns(path) ? _openInference.InvokeAsync(http, path)
        : TensorFlowApi.Owns(path) ? _tensorFlow.InvokeAsync(http, path)
        : MlflowApi.Owns(path) ? _mlflow.InvokeAsync(http, path)
        : _endpoints.InvokeAsync(http, path);
}

/// <summary>What the protocols say of the program.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Seed">By which requests without a user's key are dealt to variants.</param>
/// <param name="Cores">Cores that may decode pictures.</param>
public sealed record ServingInfo(string Version, ulong Seed = 0, int Cores = 2);

/// <summary>Puts the model server into a web application.</summary>
public static class ServingExtensions
{
    /// <summary>Adds what the protocols need; a <see cref="ModelServer"/> and a <see cref="ServingInfo"/> have to be there.</summary>
    /// <param name="services">The services. With an <see cref="EndpointBook"/> endpoints answer, with a <see cref="PredictionLog"/> and an <see cref="IdSource"/> what they answer is recorded, and with <see cref="RemoteModels"/> their variants may be remote. <see cref="AccessLogOptions"/> say which requests are logged.</param>
    /// <param name="keepInputs">Whether inputs are recorded, or only their hash.</param>
    public static IServiceCollection AddServing(this IServiceCollection services, bool keepInputs = false)
    {
        services.TryAddSingleton(static s => new EndpointStats(s.GetRequiredService<ModelServer>().Time));
        services.AddSingleton(static s => new AccessLog(s.GetService<AccessLogOptions>() ?? new AccessLogOptions(), s.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(static s => new ServedRequests(s.GetRequiredService<ModelServer>().Time, s.GetRequiredService<AccessLog>()));
        services.AddSingleton(static s => new ServingMeter(
            s.GetRequiredService<IMeterFactory>(), s.GetRequiredService<ModelServer>(), s.GetRequiredService<EndpointStats>(), s.GetRequiredService<ShadowCalls>(), s.GetService<PredictionLog>(), s.GetRequiredService<AccessLog>()));
        services.AddSingleton(static s => new HostMeters(s.GetRequiredService<IMeterFactory>(), s.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(static s => new MetricsPage(s.GetRequiredService<ModelServer>(), s.GetRequiredService<ServedRequests>(), s.GetService<EndpointStats>(), s.GetRequiredService<HostMeters>()));
        services.AddSingleton(s => new ShadowCalls(
            s.GetRequiredService<ModelServer>(), s.GetRequiredService<EndpointStats>(), Recorder(s, keepInputs), s.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(s => s.GetService<EndpointBook>() is { } book
            ? new ServingFront(s.GetRequiredService<ModelServer>(), s.GetRequiredService<ServingInfo>(), book, s.GetRequiredService<EndpointStats>(), s.GetRequiredService<ShadowCalls>(), Recorder(s, keepInputs), s.GetService<RemoteModels>())
            : new ServingFront(s.GetRequiredService<ModelServer>(), s.GetRequiredService<ServingInfo>()));
        services.AddSingleton(static s => new ContentFetcher(s.GetService<FetchOptions>(), s.GetRequiredService<ModelServer>().Time, s.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(static s => new ImagePredictions(s.GetRequiredService<ContentFetcher>(), s.GetRequiredService<ServingFront>(), s.GetRequiredService<ServingInfo>().Cores));
        services.AddSingleton(static s => new EndpointPredictions(s.GetRequiredService<ServingFront>(), s.GetRequiredService<ImagePredictions>()));
        services.AddSingleton(static s => new Feedback(s.GetRequiredService<ServingFront>(), s.GetService<FeedbackLog>()));
        services.AddSingleton(static s => new EndpointApi(s.GetRequiredService<ServingFront>(), s.GetRequiredService<EndpointPredictions>(), s.GetRequiredService<Feedback>()));
        return services;
    }

    /// <summary>Answers requests of TensorFlow Serving's REST API (<c>/v1/models</c>), of the Open Inference Protocol (<c>/v2</c>) and of MLflow's scoring server (<c>/invocations</c>); others go on.</summary>
    public static IApplicationBuilder UseServing(this IApplicationBuilder app) => app.UseMiddleware<ServingMiddleware>();

    private static PredictionRecorder? Recorder(IServiceProvider services, bool keepInputs) => services.GetService<PredictionLog>() is { } log
        ? new PredictionRecorder(log, services.GetRequiredService<IdSource>(), services.GetRequiredService<ModelServer>().Time, keepInputs)
        : null;
}
