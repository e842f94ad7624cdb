using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// What a MERGE does with rows, clause by clause: of the clauses of a kind, the first whose condition is true for a row acts on it, and where none is, the row stays (or stays out).
/// Conditions and values are SQL expressions over the columns of <c>target</c> (the table as it was) and <c>source</c>. Each method returns the clauses themselves.
/// </summary>
public sealed class MergeClauses
{
    internal MergeClauses()
    {
    }

    internal List<MergeClause> Matched { get; } = [];

    internal List<MergeClause> NotMatched { get; } = [];

    internal List<MergeClause> NotMatchedBySource { get; } = [];

    /// <summary>A row of the table that a row of the source matches gets new values.</summary>
    /// <param name="set">The values by the columns' names.</param>
    /// <param name="condition">When; null for always.</param>
    public MergeClauses WhenMatchedUpdate(IReadOnlyDictionary<string, string> set, string? condition = null) => Add(Matched, new MergeClause(MergeKind.Update, set, condition));

    /// <summary>A row of the table that a row of the source matches gets the values of all columns that the source has.</summary>
    public MergeClauses WhenMatchedUpdateAll(string? condition = null) => Add(Matched, new MergeClause(MergeKind.Update, null, condition));

    /// <summary>A row of the table that a row of the source matches goes.</summary>
    public MergeClauses WhenMatchedDelete(string? condition = null) => Add(Matched, new MergeClause(MergeKind.Delete, null, condition));

    /// <summary>A row of the source that matches no row of the table becomes one; columns without a value become null.</summary>
    /// <param name="values">The values by the columns' names, over <c>source</c>.</param>
    /// <param name="condition">When; null for always.</param>
    public MergeClauses WhenNotMatchedInsert(IReadOnlyDictionary<string, string> values, string? condition = null) =>
        Add(NotMatched, new MergeClause(MergeKind.Insert, values, condition));

    /// <summary>A row of the source that matches no row of the table becomes one.</summary>
    public MergeClauses WhenNotMatchedInsertAll(string? condition = null) => Add(NotMatched, new MergeClause(MergeKind.Insert, null, condition));

    /// <summary>A row of the table that no row of the source matches gets new values.</summary>
    /// <param name="set">The values by the columns' names, over <c>target</c>.</param>
    /// <param name="condition">When; null for always.</param>
    public MergeClauses WhenNotMatchedBySourceUpdate(IReadOnlyDictionary<string, string> set, string? condition = null) =>
        Add(NotMatchedBySource, new MergeClause(MergeKind.Update, set, condition));

    /// <summary>A row of the table that no row of the source matches goes.</summary>
    public MergeClauses WhenNotMatchedBySourceDelete(string? condition = null) => Add(NotMatchedBySource, new MergeClause(MergeKind.Delete, null, condition));

    internal void Validate()
    {
        if (Matched.Count + NotMatched.Count + NotMatchedBySource.Count == 0)
        {
            throw TarnException.InvalidInput("A merge has one clause at least.", "none");
        }

        foreach (var clauses in new[] { Matched, NotMatched, NotMatchedBySource })
        {
            if (clauses.FindIndex(static c => c.Condition is null) is >= 0 and var at && at < clauses.Count - 1)
            {
                throw TarnException.InvalidInput("Only the last clause of a kind is without a condition; none after it could act.", $"clause {at + 1} of {clauses.Count}", "Give it a condition, or put it last.");
            }
        }
    }

    private MergeClauses Add(List<MergeClause> clauses, MergeClause clause)
    {
        clauses.Add(clause);
        return this;
    }
}

/// <summary>What a clause does.</summary>
internal enum MergeKind
{
    /// <summary>New values.</summary>
    Update,

    /// <summary>The row goes.</summary>
    Delete,

    /// <summary>A row comes.</summary>
    Insert,
}

/// <summary>A clause; without values, those of all the source's columns.</summary>
internal sealed record MergeClause(MergeKind Kind, IReadOnlyDictionary<string, string>? Values, string? Condition);
