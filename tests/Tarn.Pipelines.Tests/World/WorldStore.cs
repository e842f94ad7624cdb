using Microsoft.Extensions.Logging;
using Tarn.Contracts;
using Tarn.Core;

namespace Tarn.Pipelines.Tests;

/// <summary>Where a <see cref="PipelineWorld"/> keeps its state: it outlives the processes that open it one after the other.</summary>
internal abstract class WorldStore : IDisposable
{
    /// <summary>Whether processes share it: then a process is a node that first has to lead.</summary>
    public abstract bool IsShared { get; }

    /// <summary>Where an embedded store is.</summary>
    public virtual string Path => throw new InvalidOperationException("The store is no file.");

    /// <summary>Opens it for a process.</summary>
    public abstract MetadataStore Open(TimeProvider time, ILoggerFactory loggers);

    /// <summary>Waits for what the store does elsewhere; true where a step can be made because of it, false where nothing is going on.</summary>
    public virtual bool Settle(StepContext context) => false;

    /// <summary>Closes it in order. Nothing is going on.</summary>
    public abstract void Close();

    /// <summary>The process was killed.</summary>
    public virtual void Kill()
    {
    }

    public abstract void Dispose();
}

/// <summary>SQLite, which does all it does in the step that asks for it.</summary>
internal sealed class SqliteWorldStore : WorldStore
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);
    private readonly List<MetadataStore> _opened = [];

    public override bool IsShared => false;

    public override string Path => _directory.Combine("meta.db");

    public override MetadataStore Open(TimeProvider time, ILoggerFactory loggers)
    {
        var store = MetadataStore.Open(Path, time, loggers);
        _opened.Add(store);
        return store;
    }

    public override void Close() => _opened[^1].DisposeAsync().AsTask().GetAwaiter().GetResult();

    public override void Dispose()
    {
        foreach (var store in _opened)
        {
            store.Abandon();
        }

        _directory.Dispose();
    }
}
