namespace Tarn.Lake;

/// <summary>What goes with a write.</summary>
public sealed record WriteOptions
{
    /// <summary>
    /// Progress to store in the same commit; default none. Where there is some and the table holds every one of them already (a stored version at or above
    /// the given one), the write was made before: it does nothing. Where it holds only some of them, the write is made and none goes backwards.
    /// </summary>
    public IReadOnlyList<AppTransaction> Transactions { get; init; } = [];

    /// <summary>
    /// The progress that the write follows on, by application (null for one of which the table must know nothing); default none asked. Where the table's own differs at the
    /// instant of the commit, nothing is written and the error is of kind Conflict: another writer has come further.
    /// </summary>
    public IReadOnlyDictionary<string, long?> ExpectedTransactions { get; init; } = new Dictionary<string, long?>();

    /// <summary>
    /// Within a <see cref="LakeWriteScope"/>: a name for the write by which the next attempt knows it again, in place of its number among the writes to the table. It begins with a
    /// letter, and no other write to the table within the scope has it; named writes may go on at the same time. Default none.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>The operation's name in the table's history; default is Delta's for the write (<c>WRITE</c>, <c>MERGE</c> …).</summary>
    public string? Operation { get; init; }

    /// <summary>Facts to store with the commit, shown in the table's history; default none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = EmptyMap.Strings;

    /// <summary>
    /// Whether columns that the table lacks are added to it, and types widened where the table allows that (property <c>delta.enableTypeWidening</c>); default false: such rows are refused.
    /// </summary>
    public bool MergeSchema { get; init; }

    /// <summary>Whether an overwrite replaces only the partitions for which rows come; default false. The table must be partitioned.</summary>
    public bool PartitionOverwrite { get; init; }

    /// <summary>Values of the parameters (<c>$name</c>) in the write's conditions and expressions, as in <see cref="QueryOptions.Parameters"/>; default none.</summary>
    public IReadOnlyDictionary<string, object?> Parameters { get; init; } = new Dictionary<string, object?>();

    /// <summary>The transaction of the scope within which the write is made; stored only where rows change.</summary>
    internal AppTransaction? Scoped { get; init; }

    /// <summary>What tells that the write was made before.</summary>
    internal IReadOnlyList<AppTransaction> Stored => Scoped is { } own ? [own] : Transactions;

    /// <summary>What goes into a commit of these actions.</summary>
    internal IReadOnlyList<AppTransaction> StoredWith(IReadOnlyList<DeltaAction> actions) => Scoped is null ? Transactions : TouchedFiles.ChangesData(actions) ? Stored : [];
}
