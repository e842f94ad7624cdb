using Dapper;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Registry;

/// <summary>
/// Experiments, training runs, and registered models with their versions, aliases and the ledger of every alias's changes. What is said of them is in the metadata store; their files are in
/// an object store. Safe for use from several threads and, on a shared store, from several processes.
/// </summary>
public sealed partial class ModelRegistry
{
    private readonly RegistryStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>Makes a registry over its stores; <see cref="OpenAsync"/> comes before its first use.</summary>
    /// <param name="metadata">Where what is said is kept.</param>
    /// <param name="objects">Where files are kept, below <c>artifacts/</c> and <c>models/</c>.</param>
    /// <param name="scratch">A local folder for files that are being written; for a store of local files a folder on the same disk.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Where ids come from.</param>
    /// <param name="loggers">Where it reports what it does.</param>
    public ModelRegistry(MetadataStore metadata, ObjectStore objects, string scratch, TimeProvider time, IdSource ids, ILoggerFactory loggers)
    {
        _time = time;
        _logger = loggers.CreateLogger<ModelRegistry>();
        _store = new RegistryStore(metadata, time, ids);
        Artifacts = new ArtifactStore(objects, scratch, ids);
        Experiments = new Experiments(_store);
        Runs = new TrainingRuns(_store);
        Models = new RegisteredModels(_store, Artifacts);
    }

    /// <summary>Experiments.</summary>
    public Experiments Experiments { get; }

    /// <summary>Training runs and what is logged to them.</summary>
    public TrainingRuns Runs { get; }

    /// <summary>Registered models, versions, aliases, the ledger.</summary>
    public RegisteredModels Models { get; }

    /// <summary>The files of both.</summary>
    public ArtifactStore Artifacts { get; }

    /// <summary>
    /// Makes the tables, or brings them to their newest form, makes the experiment 0 where it is missing, and removes what registrations left that came to nothing: at once where nobody else
    /// uses the store, else what is older than a day.
    /// </summary>
    /// <exception cref="TarnException">A store cannot be used.</exception>
    public async Task OpenAsync(CancellationToken cancellation = default)
    {
        await _store.OpenAsync(cancellation);
        await _store.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                "INSERT INTO experiment(id, name, artifact_location, state, created_at, updated_at) VALUES (0, @name, @location, 'active', @now, @now) ON CONFLICT DO NOTHING",
                new { name = Experiment.DefaultName, location = ArtifactUris.OfExperiment(0), now = _store.Now },
                transaction),
            cancellation);
        await SweepAsync(_store.Metadata.IsShared ? TimeSpan.FromDays(1) : TimeSpan.Zero, cancellation);
    }

    /// <summary>Uses the tables that another process has made, as one that stands in for it does.</summary>
    /// <exception cref="TarnException">The store cannot be read.</exception>
    public Task AttachAsync(CancellationToken cancellation = default) => _store.LookAsync(cancellation);

    /// <summary>Removes files of versions that there are not, and of writes that broke off.</summary>
    /// <param name="age">Younger ones stay: they may belong to a registration that is going on.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>How many files were removed.</returns>
    /// <exception cref="TarnException">A store cannot be used.</exception>
    public async Task<int> SweepAsync(TimeSpan age, CancellationToken cancellation = default)
    {
        var until = _time.GetUtcNow() - age;
        var removed = 0;
        foreach (var folder in (string[])[ArtifactUris.RunsFolder, ArtifactUris.ModelsFolder])
        {
            foreach (var unfinished in await Artifacts.Objects.ListUnfinishedAsync(folder, cancellation))
            {
                if (age == TimeSpan.Zero || unfinished.LastModified < until)
                {
                    await Artifacts.Objects.DeleteAsync(unfinished.Path, cancellation);
                    removed++;
                }
            }
        }

        var known = (await _store.ReadAsync(static c => c.QueryAsync<string>("SELECT folder FROM model_version WHERE folder IS NOT NULL"), cancellation)).ToHashSet(StringComparer.Ordinal);
        foreach (var model in await Artifacts.Objects.ListFoldersAsync(ArtifactUris.ModelsFolder, cancellation))
        {
            foreach (var version in await Artifacts.Objects.ListFoldersAsync($"{ArtifactUris.ModelsFolder}/{model}", cancellation))
            {
                var folder = $"{ArtifactUris.ModelsFolder}/{model}/{version}";
                if (!known.Contains(folder) && await IsOldAsync(folder, age, until, cancellation) && await Artifacts.DeleteAsync(folder, cancellation) is var files and > 0)
                {
                    removed += files;
                    LogSwept(folder);
                }
            }
        }

        return removed;
    }

    private async Task<bool> IsOldAsync(string folder, TimeSpan age, DateTimeOffset until, CancellationToken cancellation)
    {
        if (age == TimeSpan.Zero)
        {
            return true;
        }

        await foreach (var item in Artifacts.Objects.ListAsync(folder, cancellationToken: cancellation))
        {
            if (item.LastModified >= until)
            {
                return false;
            }
        }

        return true;
    }

    [LoggerMessage(EventId = 4101, Level = LogLevel.Information, Message = "Removed the files of {Folder}: a registration that came to nothing left them.")]
    private partial void LogSwept(string folder);
}
