using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <content>What is to be loaded, and how that comes about.</content>
public sealed partial class ModelServer
{
    /// <summary>Brings about what is to be, for a caller: who gives up waiting does not stop it halfway.</summary>
    private async Task ReconcileAsync(bool retry, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        cancellation.ThrowIfCancellationRequested();
        try
        {
            await ReconcileAsync(retry).WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Nobody hears of its outcome any more: the next look does.
            Wake();
            throw;
        }
    }

    private async Task ReconcileAsync(bool retry)
    {
        var stop = _stop.Token;
        await _reconciling.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            var heard = Volatile.Read(ref _heard);
            _wanted = await ListAsync(stop).ConfigureAwait(false);
            var toLoad = Begin(retry);
            if (toLoad.Count > 0)
            {
                Publish();
                Volatile.Write(ref _seen, heard);
                await Parallel.ForEachAsync(toLoad, new ParallelOptions { MaxDegreeOfParallelism = _cores, CancellationToken = stop }, LoadAsync).ConfigureAwait(false);
            }

            var old = TakeUnwanted();
            Publish();
            Volatile.Write(ref _seen, heard);
            foreach (var model in old)
            {
                LogUnloaded(model.Name, model.Version);
                LetGo(model);
            }

            _hasFailed = _entries.Values.Any(static e => e.Error is not null);
        }
        finally
        {
            _reconciling.Release();
        }
    }

    /// <summary>Gives up a model that the table does not hold any more. It is freed when the requests that it had begun are finished.</summary>
    private void LetGo(LoadedModel? model)
    {
        if (model is not null)
        {
            _released.TryAdd(model, true);
            model.Release();
            _ = TrimAsync(model);
        }
    }

    /// <summary>Hands the memory of a model back to the system once it is free.</summary>
    private async Task TrimAsync(LoadedModel model)
    {
        await model.Freed.ConfigureAwait(false);
        ProcessMemory.Trim();
        _released.TryRemove(model, out _);
    }

    private async Task<IReadOnlyList<Wanted>> ListAsync(CancellationToken cancellation)
    {
        var wanted = new List<Wanted>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        List<RequiredVersion> required;
        HashSet<string> unloaded;
        lock (_gate)
        {
            required = [.. _required.Values.SelectMany(static r => r)];
            unloaded = new HashSet<string>(_unloaded, StringComparer.Ordinal);
        }

        foreach (var source in _sources)
        {
            foreach (var model in await source.ListAsync(cancellation).ConfigureAwait(false))
            {
                if (!names.Add(model.Name))
                {
                    continue;
                }

                Complain(model);
                var known = model.Error is null ? null : _wanted.FirstOrDefault(w => w.Name == model.Name && w.Source == source);
                var options = known?.Options ?? model.Options ?? _options.Of(model.Name);
                var versions = unloaded.Contains(model.Name) ? []
                    : known is { Versions.Count: > 0 } ? known.Versions
                    : (options.Versions ?? model.DefaultVersions)
                        .Choose((IReadOnlyCollection<long>)model.Versions, [.. model.Aliases.Values])
                        .Concat(required.Where(r => r.Model == model.Name && model.Versions.Contains(r.Version)).Select(static r => r.Version))
                        .Distinct();
                wanted.Add(new Wanted(model.Name, source, [.. versions.Order()], known?.Aliases ?? model.Aliases, options)
                {
                    MustBatch = model.Options is not null || _options.Models.ContainsKey(model.Name),
                    Error = model.Error,
                });
            }
        }

        return wanted;
    }

    /// <summary>Says what is wrong with a model's settings, once.</summary>
    private void Complain(SourcedModel model)
    {
        if (model.Error is null)
        {
            _complaints.Remove(model.Name);
        }
        else if (_complaints.GetValueOrDefault(model.Name) != model.Error.Message)
        {
            _complaints[model.Name] = model.Error.Message;
            LogNotRead(model.Name, model.Error.Message);
        }
    }

    /// <summary>What has to be loaded: new versions, those whose options changed, and again those that failed before.</summary>
    private List<Loading> Begin(bool retry)
    {
        var now = _time.GetUtcNow();
        var toLoad = new List<Loading>();
        foreach (var model in _wanted)
        {
            foreach (var version in model.Versions)
            {
                if (!_entries.TryGetValue((model.Name, version), out var entry))
                {
                    _entries.Add((model.Name, version), entry = new Entry());
                }

                if (model.Error is { } error)
                {
                    // Once that is mended it is loaded without delay.
                    (entry.Error, entry.At) = entry.Loaded is null ? (error, DateTimeOffset.MinValue) : (entry.Error, entry.At);
                    continue;
                }

                var isAgain = entry.Error is null || retry || now - entry.At >= RetryAfter;
                if (isAgain && entry.Loaded?.Options.LoadsAs(model.Options) != true)
                {
                    entry.IsLoading = true;
                    toLoad.Add(new Loading(model, version, entry));
                }
            }
        }

        return toLoad;
    }

    private async ValueTask LoadAsync(Loading loading, CancellationToken cancellation)
    {
        var (model, version, entry) = loading;
        var began = _time.GetTimestamp();
        LoadedModel? loaded = null;
        TarnException? failure = null;
        try
        {
            var files = await model.Source.OpenAsync(model.Name, version, cancellation).ConfigureAwait(false);
            loaded = LoadedModel.Load(model.Name, version, files, model.Options, _time, _cores, model.MustBatch);
            LogLoaded(model.Name, version, (long)_time.GetElapsedTime(began).TotalMilliseconds);
            if (model.Options.MaxBatchSize > 1 && loaded.MaxBatchRows == 1)
            {
                LogNotBatched(model.Name, version, model.Options.MaxBatchSize);
            }
        }
        catch (TarnException error)
        {
            failure = error;
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            // A file that cannot be read, want of memory: whatever it is, it is this version's and leaves the others alone.
            failure = new TarnException(ErrorKind.Unavailable, "A model's files can be read and loaded.", $"{model.Name} {version}: {error.Message}", "See that they are there and readable.", error);
        }

        if (failure is not null && failure.Message != entry.Error?.Message)
        {
            LogNotLoaded(model.Name, version, failure.Message);
        }

        LoadedModel? old;
        lock (_gate)
        {
            old = loaded is null ? null : entry.Loaded;
            entry.Loaded = loaded ?? entry.Loaded;
            (entry.Error, entry.At, entry.IsLoading) = (failure, _time.GetUtcNow(), false);
        }

        Publish();
        LetGo(old);
    }

    /// <summary>
    /// Takes out what is not wanted any more, but for the versions of a model of which nothing that is wanted can be loaded, and those that an alias means until the one that it was given to is loaded.
    /// </summary>
    private List<LoadedModel> TakeUnwanted()
    {
        var old = new List<LoadedModel>();
        var wanted = _wanted.ToDictionary(static w => w.Name, StringComparer.Ordinal);
        foreach (var (key, entry) in _entries.ToList())
        {
            var model = wanted.GetValueOrDefault(key.Model);
            if (model?.Versions.Contains(key.Version) == true)
            {
                continue;
            }

            if (entry.Loaded is not null && model is { Versions.Count: > 0 } && !model.Versions.Any(v => _entries.TryGetValue((model.Name, v), out var other) && other.Loaded is not null))
            {
                continue;
            }

            if (entry.Loaded is not null && model is { Versions.Count: > 0 } && MeaningOf(model) is { Arriving: { } arriving } meaning && arriving.Keys.Any(a => meaning.Aliases[a] == key.Version))
            {
                continue;
            }

            _entries.Remove(key);
            if (entry.Loaded is { } loaded)
            {
                old.Add(loaded);
            }
        }

        return old;
    }

    /// <summary>Makes the table what the entries are, and tells those that listen, where it was not so before.</summary>
    private void Publish()
    {
        lock (_gate)
        {
            var byModel = _entries.ToLookup(static e => e.Key.Model, static e => (e.Key.Version, Entry: e.Value), StringComparer.Ordinal);
            var models = _wanted.Select(w =>
            {
                var (aliases, arriving) = MeaningOf(w);
                return new ServedModel(
                    w.Name,
                    [.. byModel[w.Name].OrderBy(static e => e.Version).Select(static e => e.Entry.Status(e.Version))],
                    [.. byModel[w.Name].Where(static e => e.Entry.Loaded is not null).Select(static e => e.Entry.Loaded!).OrderBy(static m => m.Version)],
                    aliases,
                    arriving);
            }).ToList();
            if (models.Count == _table.All.Count && models.TrueForAll(m => _table.Find(m.Name) is { } known && m.IsAs(known)))
            {
                return;
            }

            _table = new ModelTable(models);
        }

        try
        {
            Changed?.Invoke();
        }
        catch (Exception error)
        {
            // A listener's fault must not harm the models.
            LogListener(error);
        }
    }

    /// <summary>
    /// What the aliases of a model mean: an alias that moves to a version which is not loaded yet, or cannot be, goes on to mean the one before, so that the move fails no request.
    /// </summary>
    private (IReadOnlyDictionary<string, long> Aliases, IReadOnlyDictionary<string, long>? Arriving) MeaningOf(Wanted model)
    {
        Dictionary<string, long>? meaning = null, arriving = null;
        foreach (var (alias, version) in model.Aliases)
        {
            if (model.Versions.Contains(version) && !IsLoaded(model.Name, version)
                && _table.Find(model.Name)?.Aliases.TryGetValue(alias, out var before) == true && IsLoaded(model.Name, before))
            {
                (meaning ??= new(model.Aliases, StringComparer.Ordinal))[alias] = before;
                (arriving ??= new(StringComparer.Ordinal))[alias] = version;
            }
        }

        return (meaning ?? model.Aliases, arriving);
    }

    private bool IsLoaded(string model, long version) => _entries.TryGetValue((model, version), out var entry) && entry.Loaded is not null;

    /// <summary>A model that is to be served, and in which versions.</summary>
    private sealed record Wanted(string Name, ModelSource Source, IReadOnlyList<long> Versions, IReadOnlyDictionary<string, long> Aliases, ModelOptions Options)
    {
        /// <summary>Whether its options are meant for this very model, so that batches that it cannot take are a mistake.</summary>
        public bool MustBatch { get; init; }

        /// <summary>Why its settings cannot be read; what is loaded stays.</summary>
        public TarnException? Error { get; init; }
    }

    private sealed record Loading(Wanted Model, long Version, Entry Entry);

    /// <summary>A version that is loaded, is being loaded, or could not be.</summary>
    private sealed class Entry
    {
        public LoadedModel? Loaded { get; set; }

        public TarnException? Error { get; set; }

        public DateTimeOffset At { get; set; }

        public bool IsLoading { get; set; }

        public VersionStatus Status(long version) => Loaded is not null ? new VersionStatus(version, VersionState.Available)
            : IsLoading ? new VersionStatus(version, VersionState.Loading)
            : Error is not null ? new VersionStatus(version, VersionState.End, Error)
            : new VersionStatus(version, VersionState.Start);
    }
}
