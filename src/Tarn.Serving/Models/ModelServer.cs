using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// The models that are served. It lists its sources, decides which versions are to be loaded, and brings that about while requests go on: what is new is loaded and warmed up before
/// the old is let go, and what is let go finishes the requests that it had begun. A version that cannot be loaded is said so and leaves the others alone.
/// </summary>
public sealed partial class ModelServer : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MostDrain = TimeSpan.FromSeconds(10);

    private readonly IReadOnlyList<ModelSource> _sources;
    private readonly ServingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly int _cores;
    private readonly SemaphoreSlim _reconciling = new(1, 1);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Model, long Version), Entry> _entries = [];
    private readonly HashSet<string> _unloaded = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyCollection<RequiredVersion>> _required = new(StringComparer.Ordinal);
    private volatile ModelTable _table = ModelTable.Empty;
    private readonly ConcurrentDictionary<LoadedModel, bool> _released = new();
    private readonly Dictionary<string, string> _complaints = new(StringComparer.Ordinal);
    private IReadOnlyList<Wanted> _wanted = [];
    private Task _loop = Task.CompletedTask;
    private bool _hasFailed;
    private int _heard;
    private int _seen;

    /// <summary>A server of these sources; where two have a model of one name, the earlier one's is served.</summary>
    /// <param name="sources">Where models come from. They are disposed with the server.</param>
    /// <param name="options">How models are loaded.</param>
    /// <param name="cores">Cores that models may use, which decides how many instances they have.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Makes the log.</param>
    /// <exception cref="TarnException">An option is out of its range.</exception>
    public ModelServer(IReadOnlyList<ModelSource> sources, ServingOptions options, int cores, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(loggers);
        if (options.Errors().ToList() is { Count: > 0 } errors)
        {
            throw TarnException.InvalidInput("The options of models are in their ranges.", string.Join(' ', errors), "Correct them.");
        }

        _sources = sources;
        _options = options;
        _cores = Math.Max(1, cores);
        _time = time;
        _log = loggers.CreateLogger<ModelServer>();
        foreach (var source in sources)
        {
            source.Changed += OnSourceChanged;
        }
    }

    /// <summary>Raised after the table of models changed, or <see cref="IsReady"/> did.</summary>
    public event Action? Changed;

    /// <summary>Whether the models that were to be loaded at the start are, or could not be.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Whether a source told of a change that what is served does not show yet, or the models of the start are not loaded: what is not there may be in a moment.</summary>
    public bool IsCatchingUp => !IsReady || Volatile.Read(ref _seen) != Volatile.Read(ref _heard);

    internal ModelTable Table => _table;

    /// <summary>All models at this moment, by name.</summary>
    public IReadOnlyList<ModelSnapshot> Inspect() => [.. _table.All.Select(ModelSnapshot.Of)];

    /// <summary>A model at this moment; null where no source has it.</summary>
    public ModelSnapshot? Inspect(string model) => _table.Find(model) is { } found ? ModelSnapshot.Of(found) : null;

    internal TimeProvider Time => _time;

    /// <summary>Loads what is to be loaded, and goes on following the sources until it is disposed. A model that cannot be loaded is said so in the log, and asked for again later.</summary>
    /// <exception cref="TarnException">A source cannot say what it has.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        await ReconcileAsync(retry: true, cancellation).ConfigureAwait(false);
        IsReady = true;
        Changed?.Invoke();
        _loop = FollowAsync(_stop.Token);
    }

    /// <summary>Loads a model's versions again that were unloaded by <see cref="UnloadAsync"/> or could not be loaded.</summary>
    /// <exception cref="TarnException">No source has the model, or none of its versions can be loaded.</exception>
    public async Task LoadAsync(string model, CancellationToken cancellation = default)
    {
        lock (_gate)
        {
            _unloaded.Remove(model);
        }

        await ReconcileAsync(retry: true, cancellation).ConfigureAwait(false);
        var served = _table.Get(model);
        if (served.Default is null)
        {
            throw served.NotAvailable(null);
        }
    }

    /// <summary>Unloads all versions of a model, until <see cref="LoadAsync(string, CancellationToken)"/> or the next start. Ends when no new request is taken; those that had begun go on.</summary>
    /// <exception cref="TarnException">There is no such model.</exception>
    public async Task UnloadAsync(string model, CancellationToken cancellation = default)
    {
        _ = _table.Get(model);
        lock (_gate)
        {
            _unloaded.Add(model);
        }

        await ReconcileAsync(retry: false, cancellation).ConfigureAwait(false);
    }

    /// <summary>Says which versions something else needs, whatever the policy of their models; an empty list takes it back. They are loaded when this ends, or could not be.</summary>
    /// <param name="owner">What needs them; what it said before is replaced.</param>
    /// <param name="versions">The versions.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task RequireAsync(string owner, IReadOnlyCollection<RequiredVersion> versions, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (versions.Count == 0)
            {
                _required.Remove(owner);
            }
            else
            {
                _required[owner] = versions;
            }
        }

        await ReconcileAsync(retry: false, cancellation).ConfigureAwait(false);
    }

    /// <summary>Takes a lease of a loaded version; the caller releases it.</summary>
    /// <exception cref="TarnException">There is no such model or version, or it is not loaded.</exception>
    internal LoadedModel Acquire(ReadOnlySpan<char> name, long? version, ReadOnlySpan<char> alias)
    {
        while (true)
        {
            var model = _table.Get(name);
            var number = alias.Length > 0 ? VersionOf(model, alias) : version;
            var found = number is { } n ? model.Find(n) : model.Default;
            if (found is null)
            {
                throw model.NotAvailable(number);
            }

            // Where it is gone by now, the table says by now what is in its place.
            if (found.TryAcquire())
            {
                return found;
            }
        }
    }

    /// <summary>A lease of the version that a variant of a route means; null where it is not loaded.</summary>
    internal LoadedModel? TryAcquire(string name, VariantTarget target)
    {
        while (target.Remote is null && _table.Find(name) is { } model)
        {
            var number = target.Version ?? (model.Aliases.TryGetValue(target.Alias!, out var aliased) ? aliased : (long?)null);

            // A folder has no champion: what answers without a version stands for it.
            var found = number is { } version ? model.Find(version) : target.Alias == ServedModel.Champion ? model.Default : null;
            if (found is null)
            {
                return null;
            }

            if (found.TryAcquire())
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The error of a target that no version answers for yet, but one will in a moment; null where nothing is on its way.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="target">What was looked for, and not found.</param>
    /// <param name="wasCatchingUp">What <see cref="IsCatchingUp"/> said before that look.</param>
    internal TarnException? OnItsWay(string name, VariantTarget target, bool wasCatchingUp)
    {
        // After a training a version is registered first and becomes champion then: it may be loaded in between.
        if (target.Alias == ServedModel.Champion && _table.Find(name) is { } model && !model.Aliases.ContainsKey(target.Alias)
            && model.Versions.LastOrDefault(static v => v.State is VersionState.Start or VersionState.Loading) is { } loading)
        {
            return model.NotAvailable(loading.Version);
        }

        return wasCatchingUp ? ServedModel.NotYet($"{target} of the model {name} is looked for among changes that are being taken in") : null;
    }

    /// <summary>Stops following the sources, and frees all models once the requests that had begun are finished, which it waits for, but no longer than 10 s.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var source in _sources)
        {
            source.Changed -= OnSourceChanged;
        }

        // What others ask for is finished, and nothing is begun any more.
        await _reconciling.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        foreach (var source in _sources)
        {
            source.Dispose();
        }

        _table = ModelTable.Empty;
        foreach (var entry in _entries.Values)
        {
            LetGo(entry.Loaded);
        }

        _entries.Clear();
        try
        {
            await Task.WhenAll(_released.Keys.Select(static m => m.Freed)).WaitAsync(MostDrain, _time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            foreach (var model in _released.Keys)
            {
                LogHeld(model.Name, model.Version, model.Leases);
            }
        }
    }

    private static long VersionOf(ServedModel model, ReadOnlySpan<char> alias)
    {
        foreach (var (name, version) in model.Aliases)
        {
            if (alias.SequenceEqual(name))
            {
                return version;
            }
        }

        throw TarnException.NotFound($"The model {model.Name} has a version of this alias.", alias.ToString(), model.Aliases.Count == 0 ? "It has no aliases." : $"Its aliases: {string.Join(", ", model.Aliases.Keys)}.");
    }

    private void OnSourceChanged()
    {
        Interlocked.Increment(ref _heard);
        Wake();
    }

    private void Wake()
    {
        lock (_gate)
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var told = await WaitAsync(_sources.Min(static s => s.Period) ?? (_hasFailed ? RetryAfter : null), stop).ConfigureAwait(false);
                await ReconcileAsync(retry: told).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Whatever it was: the models that are loaded go on answering, and the next look may do better.
                _hasFailed = true;
                LogNotListed(error.Message);
            }
        }
    }

    /// <summary>Waits for a change or the next look; says whether it was a change.</summary>
    private async Task<bool> WaitAsync(TimeSpan? period, CancellationToken stop)
    {
        if (period is not { } limit)
        {
            await _wake.WaitAsync(stop).ConfigureAwait(false);
            return true;
        }

        using var over = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, over.Token);
        try
        {
            await _wake.WaitAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }

    [LoggerMessage(5100, LogLevel.Information, "Model {Model} version {Version} is loaded, {Milliseconds} ms")]
    private partial void LogLoaded(string model, long version, long milliseconds);

    [LoggerMessage(5101, LogLevel.Error, "Model {Model} version {Version} cannot be loaded: {Error}")]
    private partial void LogNotLoaded(string model, long version, string error);

    [LoggerMessage(5102, LogLevel.Information, "Model {Model} version {Version} is unloaded")]
    private partial void LogUnloaded(string model, long version);

    [LoggerMessage(5104, LogLevel.Error, "Model {Model} stays as it is: {Error}")]
    private partial void LogNotRead(string model, string error);

    [LoggerMessage(5105, LogLevel.Warning, "Model {Model} version {Version} runs each request by itself, though batches of {Rows} rows are allowed: its rows cannot be put together, or its dimensions beside the number of rows are not fixed")]
    private partial void LogNotBatched(string model, long version, int rows);

    [LoggerMessage(5106, LogLevel.Warning, "Model {Model} version {Version} is still held by {Leases} requests; it is not waited for any longer")]
    private partial void LogHeld(string model, long version, int leases);

    [LoggerMessage(5107, LogLevel.Error, "What listens to changes of the models has failed")]
    private partial void LogListener(Exception error);

    [LoggerMessage(5103, LogLevel.Error, "The models to serve cannot be listed; those that are loaded stay: {Error}")]
    private partial void LogNotListed(string error);
}

/// <summary>A version that has to be loaded.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version's number.</param>
public sealed record RequiredVersion(string Model, long Version);
