using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <content>What is to be loaded, and how that comes about.</content>
public sealed partial class ModelServer
{
    private async Task ReconcileAsync(bool retry, CancellationToken cancellation)
    {
        await _reconciling.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            _wanted = await ListAsync(cancellation).ConfigureAwait(false);
            var toLoad = Begin(retry);
            if (toLoad.Count > 0)
            {
                Publish();
                await Parallel.ForEachAsync(
                    toLoad, new ParallelOptions { MaxDegreeOfParallelism = _cores, CancellationToken = cancellation }, LoadAsync).ConfigureAwait(false);
            }

            var old = TakeUnwanted();
            Publish();
            foreach (var model in old)
            {
                LogUnloaded(model.Name, model.Version);
                model.Release();
                _ = TrimAsync(model);
            }
        }
        finally
        {
            _reconciling.Release();
        }
    }

    /// <summary>Hands the memory of a model back to the system once it is free.</summary>
    private static async Task TrimAsync(LoadedModel model)
    {
        await model.Freed.ConfigureAwait(false);
        ProcessMemory.Trim();
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

                var options = model.Options ?? _options.Of(model.Name);
                var versions = unloaded.Contains(model.Name) ? [] : (options.Versions ?? model.DefaultVersions)
                    .Choose((IReadOnlyCollection<long>)model.Versions, [.. model.Aliases.Values])
                    .Concat(required.Where(r => r.Model == model.Name && model.Versions.Contains(r.Version)).Select(static r => r.Version))
                    .Distinct();
                wanted.Add(new Wanted(model.Name, source, [.. versions.Order()], model.Aliases, options));
            }
        }

        return wanted;
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

                var isAgain = entry.Error is not null && (retry || now - entry.At >= RetryAfter);
                if (entry.Loaded is null ? entry.Error is null || isAgain : !entry.Loaded.Options.Equals(model.Options) && (entry.Error is null || isAgain))
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
            loaded = LoadedModel.Load(model.Name, version, files, model.Options, _time, _cores);
            LogLoaded(model.Name, version, (long)_time.GetElapsedTime(began).TotalMilliseconds);
        }
        catch (TarnException error)
        {
            failure = error;
        }
        catch (IOException error)
        {
            failure = new TarnException(ErrorKind.Unavailable, "A model's files can be read.", $"{model.Name} {version}: {error.Message}", "See that they are there and readable.", error);
        }

        if (failure is not null)
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
        old?.Release();
    }

    /// <summary>Takes out what is not wanted any more, but for the versions of a model of which nothing that is wanted can be loaded.</summary>
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

            _entries.Remove(key);
            if (entry.Loaded is { } loaded)
            {
                old.Add(loaded);
            }
        }

        return old;
    }

    private void Publish()
    {
        lock (_gate)
        {
            var byModel = _entries.ToLookup(static e => e.Key.Model, static e => (e.Key.Version, Entry: e.Value), StringComparer.Ordinal);
            _table = new ModelTable(_wanted.Select(w => new ServedModel(
                w.Name,
                [.. byModel[w.Name].OrderBy(static e => e.Version).Select(static e => e.Entry.Status(e.Version))],
                [.. byModel[w.Name].Where(static e => e.Entry.Loaded is not null).Select(static e => e.Entry.Loaded!).OrderBy(static m => m.Version)],
                w.Aliases)));
        }

        Changed?.Invoke();
    }

    /// <summary>A model that is to be served, and in which versions.</summary>
    private sealed record Wanted(string Name, ModelSource Source, IReadOnlyList<long> Versions, IReadOnlyDictionary<string, long> Aliases, ModelOptions Options);

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
