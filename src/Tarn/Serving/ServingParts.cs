using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Log;
using Tarn.Registry;
using Tarn.Serving;

namespace Tarn;

/// <summary>The parts of serving that are opened before the first request: the endpoints, and in a server the prediction log, the feedback and the model server.</summary>
internal sealed class ServingParts : IAsyncDisposable
{
    private readonly ServingPlan _plan;
    private readonly IReadOnlyList<EndpointDefinition> _declared;
    private readonly HostInfo _info;
    private readonly TopicLog _topics;
    private readonly ModelRegistry _registry;
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly ILoggerFactory _loggers;
    private PredictionLog? _predictions;
    private FeedbackLog? _feedback;

    public ServingParts(ServingPlan plan, HostPlan host, HostInfo info, TopicLog topics, MetadataStore metadata, ModelRegistry registry, AlertOutbox alerts, TimeProvider time, IdSource ids, ILoggerFactory loggers)
    {
        (_plan, _declared, _info, _topics, _registry, _time, _ids, _loggers) = (plan, host.Endpoints, info, topics, registry, time, ids, loggers);
        Book = new EndpointBook(metadata, time, loggers, alerts);
        Stats = new EndpointStats(time);
        Rollouts = new Rollouts(Book, registry.Models);
    }

    public EndpointBook Book { get; }

    public EndpointStats Stats { get; }

    public Rollouts Rollouts { get; }

    public PredictionLog Predictions => _predictions ?? throw NotOpen();

    public FeedbackLog Feedback => _feedback ?? throw NotOpen();

    /// <summary>Whether requests are recorded: in a server.</summary>
    public bool Records => _info.IsServer;

    public async Task OpenAsync(CancellationToken cancellation)
    {
        await Book.OpenAsync(_declared, cancellation).ConfigureAwait(false);
        if (_info.IsServer)
        {
            _predictions = await PredictionLog.OpenAsync(Path.Combine(_info.DataDirectory, "serving", "predictions"), _topics, _plan.Predictions, _time, _ids, _loggers, cancellation).ConfigureAwait(false);
            _feedback = await FeedbackLog.OpenAsync(_topics, cancellation: cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>A model server over the registry and the folder that is configured.</summary>
    public ModelServer CreateModelServer()
    {
        var sources = new List<ModelSource>();
        if (_plan.Folder is { } folder)
        {
            sources.Add(new FolderModelSource(folder));
        }

        sources.Add(new RegistryModelSource(_registry));
        return new ModelServer(sources, _plan.Options, Environment.ProcessorCount, _time, _loggers);
    }

    public async ValueTask DisposeAsync()
    {
        await Book.DisposeAsync().ConfigureAwait(false);
        if (_predictions is not null)
        {
            await _predictions.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static TarnException NotOpen() => new(ErrorKind.Unavailable, "Predictions are recorded by a server, once its data directory is open.", null, "Use it inside a route or a service of a server.");
}
