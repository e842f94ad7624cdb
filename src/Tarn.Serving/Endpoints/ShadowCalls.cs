using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// Asks shadows what the variant that answered was asked. The inputs are copied while the request holds them; everything else happens on a thread of its own, a call at a time, and where
/// shadows cannot keep up their requests are let go of and counted, so that they slow nothing.
/// </summary>
internal sealed partial class ShadowCalls : IAsyncDisposable
{
    private const int MostWaiting = 64;

    private readonly ModelServer _models;
    private readonly EndpointStats _stats;
    private readonly PredictionRecorder? _recorder;
    private readonly ILogger _log;
    private readonly Channel<Job> _jobs = Channel.CreateBounded<Job>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Task _running;
    private long _dropped;

    public ShadowCalls(ModelServer models, EndpointStats stats, PredictionRecorder? recorder, ILoggerFactory loggers)
    {
        (_models, _stats, _recorder, _log) = (models, stats, recorder, loggers.CreateLogger<ShadowCalls>());
        _running = Task.Run(RunAsync);
    }

    /// <summary>Requests that shadows did not see since they could not keep up.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Copies a request for the shadows that it is for.</summary>
    public void Mirror(in Chosen chosen, InferenceRequest request, Guid id)
    {
        foreach (var shadow in chosen.Endpoint!.Route.Shadows)
        {
            if (!shadow.ShouldMirror(chosen.Random))
            {
                continue;
            }

            if (_jobs.Reader.Count >= MostWaiting || Copy(chosen.Endpoint, shadow, chosen.Model, request, id) is not { } job || !_jobs.Writer.TryWrite(job))
            {
                Interlocked.Increment(ref _dropped);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _jobs.Writer.TryComplete();
        await _running.ConfigureAwait(false);
    }

    private Job? Copy(Endpoint endpoint, Shadow shadow, LoadedModel answered, InferenceRequest request, Guid id)
    {
        if (_models.TryAcquire(endpoint.Model, shadow.Target) is not { } model)
        {
            return null;
        }

        var copy = model.Rent();
        for (var i = 0; i < model.Inputs.Length; i++)
        {
            var from = Array.FindIndex(answered.Inputs, p => p.Name == model.Inputs[i].Name);
            if (from >= 0)
            {
                copy.Inputs[i].CopyFrom(request.Inputs[from], model.Inputs[i].Name);
            }
        }

        return new Job(endpoint.Name, shadow.Name, model, copy, Answers.Of(answered, request), id);
    }

    private async Task RunAsync()
    {
        await foreach (var job in _jobs.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            var stats = _stats.Of(job.Endpoint, job.Shadow);
            var started = _models.Time.GetTimestamp();
            try
            {
                await job.Request.RunAsync().ConfigureAwait(false);
                var took = _models.Time.GetElapsedTime(started);
                stats.Record(took.Ticks, job.Request.Failure is not null);
                _recorder?.RecordShadow(job.Endpoint, job.Shadow, job.Request, job.Id, took);
                if (job.Request.Failure is null)
                {
                    stats.RecordAgreement(Answers.Of(job.Model, job.Request).Agrees(job.Answer));
                }
            }
            catch (TarnException error)
            {
                // The shadow takes other inputs than the variant that answered.
                stats.Record(_models.Time.GetElapsedTime(started).Ticks, isError: true);
                LogFailed(job.Endpoint, job.Shadow, error.Message);
            }
            finally
            {
                job.Request.Dispose();
                job.Model.Release();
            }
        }
    }

    [LoggerMessage(5110, LogLevel.Debug, "Endpoint {Endpoint}: the shadow {Shadow} cannot answer: {Error}")]
    private partial void LogFailed(string endpoint, string shadow, string error);

    private sealed record Job(string Endpoint, string Shadow, LoadedModel Model, InferenceRequest Request, Answers Answer, Guid Id);
}
