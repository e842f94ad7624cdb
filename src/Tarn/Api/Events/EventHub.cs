using System.Collections.Immutable;
using System.Text.Json;
using Tarn.Lake;
using Tarn.Log;
using Tarn.Pipelines;
using Tarn.Registry;
using Tarn.Serving;

namespace Tarn;

/// <summary>
/// What happens, for those who watch: runs, attempts, commits, topics, models, endpoints, status. Each watcher has a bounded queue of its own; one that does not keep up loses
/// events, is told so by <c>resync</c>, and costs nobody else anything. Nothing is done while nobody watches.
/// </summary>
internal sealed class EventHub : IDisposable
{
    private const string EndpointKind = "endpoint";

    private readonly TopicLog _log;
    private readonly Lake.Lake _lake;
    private readonly Orchestrator _orchestrator;
    private readonly Notices _notices;
    private readonly IDisposable _models;
    private readonly EndpointBook _endpoints;
    private readonly EndpointActivity _activity;
    private readonly ModelServer? _served;
    private ImmutableArray<EventWatcher> _watchers = [];

    public EventHub(TopicLog log, Lake.Lake lake, Orchestrator orchestrator, Notices notices, ModelRegistry registry, EndpointBook endpoints, EndpointStats stats, TimeProvider time, ModelServer? served = null)
    {
        (_log, _lake, _orchestrator, _notices, _endpoints, _served) = (log, lake, orchestrator, notices, endpoints, served);
        _log.Appended += OnAppended;
        _lake.Committed += OnCommitted;
        _orchestrator.RunChanged += OnRunChanged;
        _orchestrator.AttemptChanged += OnAttemptChanged;
        _orchestrator.PipelineChanged += OnPipelineChanged;
        _notices.Changed += OnNoticesChanged;
        _models = registry.Models.Listen(OnModelChanged);
        _endpoints.Changed += OnEndpointChanged;
        if (_served is not null)
        {
            _served.Changed += OnServedChanged;
        }

        _activity = new EndpointActivity(endpoints, stats, time, () => _watchers.Any(static w => w.Wants(EndpointKind)), TellOfEndpoint);
    }

    /// <summary>How many watch.</summary>
    public int WatcherCount => _watchers.Length;

    /// <summary>Begins to watch; dispose of the watcher to end it.</summary>
    /// <param name="types">The kinds of events wanted; empty for all.</param>
    public EventWatcher Watch(IReadOnlySet<string> types)
    {
        var watcher = new EventWatcher(types, w => ImmutableInterlocked.Update(ref _watchers, static (all, gone) => all.Remove(gone), w));
        ImmutableInterlocked.Update(ref _watchers, static (all, added) => all.Add(added), watcher);
        return watcher;
    }

    public void Dispose()
    {
        _log.Appended -= OnAppended;
        _lake.Committed -= OnCommitted;
        _orchestrator.RunChanged -= OnRunChanged;
        _orchestrator.AttemptChanged -= OnAttemptChanged;
        _orchestrator.PipelineChanged -= OnPipelineChanged;
        _notices.Changed -= OnNoticesChanged;
        _models.Dispose();
        _endpoints.Changed -= OnEndpointChanged;
        if (_served is not null)
        {
            _served.Changed -= OnServedChanged;
        }

        _activity.Dispose();
    }

    private void OnAppended(TopicAppended e)
    {
        if (!_watchers.IsEmpty)
        {
            Publish("topic", $"{e.Topic}/{e.Partition}", JsonSerializer.Serialize(new TopicEvent(e.Topic, e.Partition, e.High), ApiJson.Plain.TopicEvent));
        }
    }

    private void OnCommitted(TableCommitted e)
    {
        if (!_watchers.IsEmpty)
        {
            Publish("commit", null, JsonSerializer.Serialize(new CommitEvent(e.Table, e.Version, e.Operation, e.Timestamp), ApiJson.Plain.CommitEvent));
        }
    }

    private void OnRunChanged(RunChanged e)
    {
        if (!_watchers.IsEmpty)
        {
            Publish("run", null, JsonSerializer.Serialize(RunViews.Of(e.Run), ApiJson.Plain.RunView));
        }
    }

    private void OnAttemptChanged(AttemptChanged e)
    {
        if (!_watchers.IsEmpty)
        {
            Publish("attempt", null, JsonSerializer.Serialize(new AttemptEvent(e.RunId, e.Pipeline, e.Task, e.Number, e.State.Name()), ApiJson.Plain.AttemptEvent));
        }
    }

    private void OnPipelineChanged(PipelineChanged e)
    {
        if (!_watchers.IsEmpty)
        {
            Publish("pipeline", e.Pipeline, JsonSerializer.Serialize(new PipelineEvent(e.Pipeline, e.Paused), ApiJson.Plain.PipelineEvent));
        }
    }

    private void OnModelChanged(string? model)
    {
        if (!_watchers.IsEmpty)
        {
            Publish("model", model ?? "", JsonSerializer.Serialize(new RegistryEvent(model), ApiJson.Plain.RegistryEvent));
        }
    }

    /// <summary>A version is being loaded, is loaded, or could not be: who looks at models and endpoints looks again.</summary>
    private void OnServedChanged() => OnModelChanged(null);

    private void OnEndpointChanged(EndpointChanged e) => TellOfEndpoint(e.Name);

    private void TellOfEndpoint(string name)
    {
        if (!_watchers.IsEmpty)
        {
            Publish(EndpointKind, name, JsonSerializer.Serialize(new EndpointEvent(name), ApiJson.Plain.EndpointEvent));
        }
    }

    private void OnNoticesChanged()
    {
        if (!_watchers.IsEmpty)
        {
            Publish("status", "status", "{}");
        }
    }

    private void Publish(string type, string? key, string data)
    {
        var sent = new ServerEvent(type, key, data);
        foreach (var watcher in _watchers)
        {
            watcher.Offer(sent);
        }
    }
}
