namespace Tarn.Lake;

/// <summary>What may happen between a commit's reading and its writing without making it wrong (protocol, "Requirements for Writers"; Delta's write-serializable isolation).</summary>
internal enum ConflictRule
{
    /// <summary>It read nothing: other writers' data does not matter, only their change of the table's columns.</summary>
    BlindAppend,

    /// <summary>
    /// It read rows and wrote what follows from them: a change of what it read (<see cref="CommitPlan.Reads"/>) matters, and so does the loss of a file that it removes.
    /// </summary>
    ReadAndRewrite,

    /// <summary>It moves rows and changes none: only the loss of a file that it removes matters.</summary>
    Compaction,
}

/// <summary>A commit as its maker wants it: everything but the version, which is decided when it is written.</summary>
internal sealed record CommitPlan
{
    public required string Operation { get; init; }

    public required ConflictRule Rule { get; init; }

    public required IReadOnlyList<DeltaAction> Actions { get; init; }

    /// <summary>Of a plan that follows from rows: in which files they could be; default all.</summary>
    public ReadSet Reads { get; init; } = ReadSet.Everything;

    /// <summary>
    /// Of a plan that follows from rows: whether rows that others appended meanwhile without reading any may count as appended afterwards, as Delta's isolation level
    /// WriteSerializable has it. A table whose <c>delta.isolationLevel</c> is Serializable does not allow it. Default no.
    /// </summary>
    public bool AllowsBlindAppends { get; init; }

    /// <summary>The event times that it touches; null where what its files say of them is good enough.</summary>
    public TouchedSet? Touched { get; init; }

    public IReadOnlyList<AppTransaction> Transactions { get; init; } = [];

    /// <summary>What applications' progress must be for the commit to be made; see <see cref="WriteOptions.ExpectedTransactions"/>.</summary>
    public IReadOnlyDictionary<string, long?> ExpectedTransactions { get; init; } = new Dictionary<string, long?>();

    public IReadOnlyDictionary<string, string> Parameters { get; init; } = EmptyMap.Strings;

    public IReadOnlyDictionary<string, string> Metrics { get; init; } = EmptyMap.Strings;
}

/// <summary>How a commit ended.</summary>
internal enum CommitOutcome
{
    /// <summary>It is in the log.</summary>
    Committed,

    /// <summary>Its transactions were in the log before: nothing was written.</summary>
    AlreadyApplied,

    /// <summary>Another commit came between that it cannot go along with: read again, and make it anew.</summary>
    Conflict,
}
