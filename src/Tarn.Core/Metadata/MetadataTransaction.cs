using System.Data.Common;

namespace Tarn.Core;

/// <summary>
/// A write transaction, for implementations of <see cref="MetadataStore"/>: the store begins it, its writes run in it one after the other, and it is
/// committed. Disposed without that, or after an error, nothing of it takes effect. Used by one caller at a time.
/// </summary>
public abstract class MetadataTransaction : IAsyncDisposable
{
    /// <summary>The connection that writes use.</summary>
    public abstract DbConnection Connection { get; }

    /// <summary>The transaction that writes use.</summary>
    public abstract DbTransaction Transaction { get; }

    /// <summary>Before the work of a write that shares the transaction with others: marks where it begins.</summary>
    public abstract ValueTask SaveAsync();

    /// <summary>After the work of such a write: keeps it.</summary>
    /// <exception cref="InvalidOperationException">The write went on after a statement of its had failed, and cannot be kept.</exception>
    public abstract ValueTask KeepAsync();

    /// <summary>After the work of such a write, or the refusal to keep it: undoes what it did.</summary>
    public abstract ValueTask UndoAsync();

    /// <summary>Commits. When it returns, all took effect; when it throws, nothing did, unless the error says that nobody can know.</summary>
    /// <exception cref="TarnException">The store cannot be written.</exception>
    /// <exception cref="InvalidOperationException">A write went on after a statement of its had failed.</exception>
    public abstract ValueTask CommitAsync();

    /// <summary>Rolls back what was not committed.</summary>
    public abstract ValueTask DisposeAsync();
}
