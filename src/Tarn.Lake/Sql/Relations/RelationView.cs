namespace Tarn.Lake;

/// <summary>What stands for a relation of a query in a session. Dispose it when the query has ended.</summary>
internal abstract class RelationView : IDisposable
{
    /// <summary>What it shows: views of equal keys show the same. Null where that cannot be told.</summary>
    public virtual object? Key => null;

    /// <summary>The table that it reads, with its version; null where it is none.</summary>
    public TableRead? Read { get; init; }

    /// <summary>The SELECT that gives its rows.</summary>
    public abstract string Sql(SessionTables tables);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}

/// <summary>Rows that are written out.</summary>
internal sealed class RowsView(string sql) : RelationView
{
    public override object Key => sql;

    public override string Sql(SessionTables tables) => sql;
}

/// <summary>A version of a table, or some files of it.</summary>
/// <param name="key">What it shows.</param>
/// <param name="scan">Its files; null where the session shows the key.</param>
internal sealed class ScanView(ScanKey? key, SnapshotScan? scan) : RelationView
{
    public override object? Key => key;

    public override string Sql(SessionTables tables) =>
        scan!.Sql(scan.HasDeletedRows ? tables.Load("", Enumerable.Range(0, scan.Files.Count).Select(scan.Deleted).ToList()) : null);

    public override void Dispose() => scan?.Dispose();
}

/// <summary>Files of one version of one table.</summary>
internal sealed class ScanKey(LogState state, string store, string folder, int[]? chosen) : IEquatable<ScanKey>
{
    private readonly LogState _state = state;
    private readonly string _place = $"{store}/{folder}";
    private readonly int[]? _chosen = chosen;

    public bool Equals(ScanKey? other) =>
        other is not null
        && (ReferenceEquals(_state, other._state) || (_state.Version == other._state.Version && _state.Metadata!.Id == other._state.Metadata!.Id))
        && _place == other._place
        && (_chosen is null ? other._chosen is null : other._chosen is not null && _chosen.AsSpan().SequenceEqual(other._chosen));

    public override bool Equals(object? obj) => Equals(obj as ScanKey);

    public override int GetHashCode() => HashCode.Combine(_place, _state.Version, _chosen?.Length);
}
