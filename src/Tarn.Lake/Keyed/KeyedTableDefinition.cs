using System.Linq.Expressions;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// How a <see cref="KeyedTable{T}"/> is made: which property is the key, which say what is newer, and so on. Each method returns the definition itself.
/// </summary>
public sealed class KeyedTableDefinition<T>
{
    internal Column? KeyColumn { get; private set; }

    internal IReadOnlyList<Column> NewestColumns { get; private set; } = [];

    internal Column? PartitionColumn { get; private set; }

    internal Grain PartitionGrain { get; private set; }

    internal bool HasHistory { get; private set; }

    internal Column? ValidFromColumn { get; private set; }

    internal Column? EventTimeColumn { get; private set; }

    internal string? Text { get; private set; }

    /// <summary>The property that names a row: text or a whole number, never null. Required.</summary>
    public KeyedTableDefinition<T> Key(Expression<Func<T, object?>> property)
    {
        KeyColumn = RowMapping<T>.Instance.ColumnOf(property);
        return this;
    }

    /// <summary>The properties that order the versions of one key, compared in turn; null is oldest. Required.</summary>
    public KeyedTableDefinition<T> Newest(params Expression<Func<T, object?>>[] properties)
    {
        NewestColumns = [.. properties.Select(RowMapping<T>.Instance.ColumnOf)];
        return this;
    }

    /// <summary>
    /// Keeps rows apart by an instant or a day: adds the column <c>property_grain</c> (such as <c>time_month</c>), the first day of the period, null where the
    /// property is null. Default: not kept apart.
    /// </summary>
    public KeyedTableDefinition<T> PartitionBy(Expression<Func<T, object?>> property, Grain grain)
    {
        PartitionColumn = RowMapping<T>.Instance.ColumnOf(property);
        PartitionGrain = grain;
        return this;
    }

    /// <summary>
    /// Keeps every version in the table <c>name_history</c>, with <c>valid_from</c> and <c>valid_to</c>, the half-open interval in which it was what one knew.
    /// Default: no history.
    /// </summary>
    /// <param name="validFrom">The instant from which a version was known; default the first of the newest-properties that is an instant.</param>
    public KeyedTableDefinition<T> History(Expression<Func<T, object?>>? validFrom = null)
    {
        HasHistory = true;
        ValidFromColumn = validFrom is null ? null : RowMapping<T>.Instance.ColumnOf(validFrom);
        return this;
    }

    /// <summary>
    /// The property that says when what a row tells of happened: an instant or a day. Commits to the table, and to its history's, then tell which of these times they touched
    /// (<see cref="Lake.TouchedSinceAsync(string, long, int, CancellationToken)"/>). Default none.
    /// </summary>
    public KeyedTableDefinition<T> EventTime(Expression<Func<T, object?>> property)
    {
        EventTimeColumn = RowMapping<T>.Instance.ColumnOf(property);
        return this;
    }

    /// <summary>What the table is, for the console and the catalogue; default what <see cref="DescribeAttribute"/> says of T.</summary>
    public KeyedTableDefinition<T> Describe(string description)
    {
        Text = description;
        return this;
    }
}
