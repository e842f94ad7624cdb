using System.Collections.Frozen;

namespace Tarn.Serving;

/// <summary>A served model at one moment, for who looks at it. Immutable.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Versions">The versions that are loaded, or were to be, ascending.</param>
/// <param name="Aliases">What each alias means: the version that it was given to last, or, until that is loaded, the one before it.</param>
/// <param name="Default">The version that a request without one means: the champion, else the greatest that is loaded; null where none is.</param>
public sealed record ModelSnapshot(string Name, IReadOnlyList<VersionSnapshot> Versions, IReadOnlyDictionary<string, long> Aliases, long? Default)
{
    /// <summary>Of the aliases that still mean the version before, the one that they were given to, which is being loaded or could not be.</summary>
    public IReadOnlyDictionary<string, long> Arriving { get; init; } = FrozenDictionary<string, long>.Empty;

    /// <summary>The version that a variant's target means, loaded or not; null where it is an alias that the model does not have.</summary>
    public long? VersionOf(VariantTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);

        // A folder has no champion: what answers without a version stands for it.
        return target.Version ?? (Aliases.TryGetValue(target.Alias ?? "", out var version) ? version : target.Alias == ServedModel.Champion ? Default : null);
    }

    /// <summary>A version; null where it is neither loaded nor to be.</summary>
    public VersionSnapshot? Find(long? version) => Versions.FirstOrDefault(v => v.Version == version);

    internal static ModelSnapshot Of(ServedModel model) =>
        new(model.Name, [.. model.Versions.Select(v => VersionSnapshot.Of(v, model.Find(v.Version)))], model.Aliases, model.Default?.Version) { Arriving = model.Arriving };
}

/// <summary>A version of a served model at one moment. Counts begin when it is loaded.</summary>
/// <param name="Version">Its number.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Error">Why it could not be loaded, as a sentence; null where nothing went wrong.</param>
public sealed record VersionSnapshot(long Version, VersionState State, string? Error)
{
    /// <summary>When it was loaded; null where it is not.</summary>
    public DateTimeOffset? LoadedAt { get; private init; }

    /// <summary>Its inputs; empty where it is not loaded.</summary>
    public IReadOnlyList<TensorSnapshot> Inputs { get; private init; } = [];

    /// <summary>Its outputs; empty where it is not loaded.</summary>
    public IReadOnlyList<TensorSnapshot> Outputs { get; private init; } = [];

    /// <summary>The classes of a classifier, in the order of its probabilities; null where nothing says them.</summary>
    public IReadOnlyList<string>? Labels { get; private init; }

    /// <summary>Whether endpoints ask it with pictures.</summary>
    public bool TakesImages { get; private init; }

    /// <summary>How many requests it runs at a time.</summary>
    public int Instances { get; private init; }

    /// <summary>Bytes that the runtime holds for it: weights, and the memory of its largest runs; null where it is not loaded.</summary>
    public long? MemoryBytes { get; private init; }

    /// <summary>Requests that wait at this moment.</summary>
    public int Waiting { get; private init; }

    /// <summary>Requests that were answered, from the cache or by a run.</summary>
    public long Requests { get; private init; }

    /// <summary>Requests that it could not compute.</summary>
    public long Failures { get; private init; }

    /// <summary>Requests that were refused, or waited too long.</summary>
    public long Refused { get; private init; }

    /// <summary>Runs that succeeded; fewer than requests where several are run together or answered from the cache.</summary>
    public long Batches { get; private init; }

    internal static VersionSnapshot Of(VersionStatus status, LoadedModel? loaded) => loaded is null
        ? new VersionSnapshot(status.Version, status.State, status.Error?.Message)
        : new VersionSnapshot(status.Version, status.State, status.Error?.Message)
        {
            LoadedAt = loaded.LoadedAt,
            Inputs = [.. loaded.Inputs.Select(TensorSnapshot.Of)],
            Outputs = [.. loaded.Outputs.Select(TensorSnapshot.Of)],
            Labels = loaded.Labels,
            TakesImages = loaded.Image is not null,
            Instances = loaded.Instances,
            MemoryBytes = loaded.HeldBytes(),
            Waiting = loaded.Waiting,
            Requests = loaded.Stats.Succeeded,
            Failures = loaded.Stats.Failed,
            Refused = loaded.Stats.Refused,
            Batches = loaded.Stats.Executions,
        };
}

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">The type of its elements, as the Open Inference Protocol calls it: <c>FP32</c>, <c>BYTES</c>, ….</param>
/// <param name="Shape">Its dimensions, −1 where any length will do.</param>
public sealed record TensorSnapshot(string Name, string Datatype, IReadOnlyList<long> Shape)
{
    internal static TensorSnapshot Of(TensorPort port) => new(port.Name, TensorTypes.OpenInference(port.Type), port.Shape);
}
