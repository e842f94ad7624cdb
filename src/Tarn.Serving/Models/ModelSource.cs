using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// Where models come from. An implementation promises that a version that it lists is whole, that <see cref="OpenAsync"/> of it gives its files, and that it raises
/// <see cref="Changed"/> after the list has changed; one that cannot hear of changes says how often it is to be asked.
/// </summary>
public abstract class ModelSource : IDisposable
{
    /// <summary>Raised after models, versions or aliases changed.</summary>
    public event Action? Changed;

    /// <summary>What the source is called in logs and errors.</summary>
    public abstract string Name { get; }

    /// <summary>How often it is asked anew without having been told of a change; null where it always tells.</summary>
    public virtual TimeSpan? Period => null;

    /// <summary>All models with all their versions.</summary>
    public abstract Task<IReadOnlyList<SourcedModel>> ListAsync(CancellationToken cancellation);

    /// <summary>The files of a version.</summary>
    internal abstract Task<ModelFiles> OpenAsync(string model, long version, CancellationToken cancellation);

    /// <summary>Tells those that listen that something changed.</summary>
    protected void OnChanged() => Changed?.Invoke();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what it holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>A model of a source.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">Its versions, ascending.</param>
/// <param name="Aliases">The version of each alias.</param>
public sealed record SourcedModel(string Name, IReadOnlyList<long> Versions, IReadOnlyDictionary<string, long> Aliases)
{
    /// <summary>How it is loaded, where the source says so; null for what the program is configured to.</summary>
    public ModelOptions? Options { get; init; }

    /// <summary>Why what the source says of it beside its versions cannot be read; null where it can. Versions that are loaded stay as they are.</summary>
    internal TarnException? Error { get; init; }

    /// <summary>Which versions are loaded where nothing else says so.</summary>
    public VersionPolicy DefaultVersions { get; init; } = VersionPolicy.Latest(1);
}
