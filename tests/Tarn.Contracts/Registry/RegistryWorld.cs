using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Registry;

namespace Tarn.Contracts;

/// <summary>A registry on a store, with its files in memory where there is a file system there, and a clock that stands still.</summary>
public sealed class RegistryWorld : IAsyncDisposable
{
    private static int _worlds;
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    private RegistryWorld(MetadataStore store, ManualTimeProvider time, Func<ObjectStore, ObjectStore>? around)
    {
        (Store, Time) = (store, time);
        Objects = (around ?? (static o => o))(new LocalObjectStore(_directory.Path, new LocalStoreOptions { Durable = false }));
        Registry = Another();
    }

    public MetadataStore Store { get; }

    public ManualTimeProvider Time { get; }

    public ObjectStore Objects { get; }

    public ModelRegistry Registry { get; }

    public Experiments Experiments => Registry.Experiments;

    public TrainingRuns Runs => Registry.Runs;

    public RegisteredModels Models => Registry.Models;

    public static async Task<RegistryWorld> OpenAsync(MetadataStore store, ManualTimeProvider? time = null, Func<ObjectStore, ObjectStore>? around = null)
    {
        var world = new RegistryWorld(store, time ?? new ManualTimeProvider(), around);
        await world.Registry.OpenAsync();
        return world;
    }

    /// <summary>A further registry on the same stores, as another process or the next start has it.</summary>
    public ModelRegistry Another() => new(Store, Objects, _directory.Combine("artifacts"), Time, IdSource.CreateSeeded(Time, Interlocked.Increment(ref _worlds)), NullLoggerFactory.Instance);

    /// <summary>Starts a run that has these params, metrics (at step 0) and tags.</summary>
    public async Task<TrainingRun> RunAsync(
        long experiment = 0, string? name = null, (string Name, string Value)[]? parameters = null, (string Name, double Value)[]? metrics = null, (string Name, string Value)[]? tags = null)
    {
        var run = await Runs.StartAsync(new NewTrainingRun { ExperimentId = experiment, Name = name, User = "ada" });
        await Runs.LogAsync(run.Id, new RunBatch
        {
            Params = [.. (parameters ?? []).Select(static p => KeyValuePair.Create(p.Name, p.Value))],
            Metrics = [.. (metrics ?? []).Select(m => new Metric(m.Name, m.Value, 0, Time.GetUtcNow().ToUnixTimeMilliseconds()))],
            Tags = [.. (tags ?? []).Select(static t => KeyValuePair.Create(t.Name, t.Value))],
        });
        Time.Advance(TimeSpan.FromSeconds(1));
        return await Runs.GetAsync(run.Id);
    }

    /// <summary>The names of the runs of experiment 0 that a search finds, in its order.</summary>
    public async Task<string[]> FindAsync(string? filter, params string[] orderBy) =>
        [.. (await Runs.SearchAsync(new RunSearch { ExperimentIds = [0], Filter = filter, OrderBy = orderBy })).Items.Select(static r => r.Name)];

    /// <summary>Registers a version with a model file of that content.</summary>
    public Task<ModelVersion> RegisterAsync(string model, string content = "weights", string? run = null) => Models.RegisterAsync(new NewModelVersion
    {
        Model = model,
        RunId = run,
        User = "ada",
        Files = [ArtifactSource.FromText("model.onnx", content), ArtifactSource.FromText("signature.json", "{}"), ArtifactSource.FromText("extra/labels.txt", "pizza\nnot")],
    });

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _directory.Dispose();
    }
}
