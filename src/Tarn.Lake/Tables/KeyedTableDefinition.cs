using System.Linq.Expressions;

namespace Tarn.Lake;

/// <summary>
/// How a <see cref="KeyedTable{T}"/> is made: which property is the key, which say what is newer, and so on. Each method returns the definition itself.
/// </summary>
public sealed class KeyedTableDefinition<T>
{
    internal string? KeyProperty { get; private set; }

    internal IReadOnlyList<string> NewestProperties { get; private set; } = [];

    internal string? PartitionProperty { get; private set; }

    internal Grain PartitionGrain { get; private set; }

    internal string? ValidFromProperty { get; private set; }

    internal string? Text { get; private set; }

    /// <summary>The property that names a row: text or a whole number, never null. Required.</summary>
    public KeyedTableDefinition<T> Key(Expression<Func<T, object?>> property)
    {
        KeyProperty = PropertyOf(property);
        return this;
    }

    /// <summary>The properties that order the versions of one key, compared in turn; null is oldest. Required.</summary>
    public KeyedTableDefinition<T> Newest(params Expression<Func<T, object?>>[] properties)
    {
        NewestProperties = [.. properties.Select(PropertyOf)];
        return this;
    }

    /// <summary>
    /// Keeps rows apart by an instant or a day: adds the column <c>property_grain</c> (such as <c>time_month</c>), the first day of the period, null where the
    /// property is null. Default: not kept apart.
    /// </summary>
    public KeyedTableDefinition<T> PartitionBy(Expression<Func<T, object?>> property, Grain grain)
    {
        PartitionProperty = PropertyOf(property);
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
        ValidFromProperty = validFrom is null ? "" : PropertyOf(validFrom);
        return this;
    }

    /// <summary>What the table is, for the console and the catalogue.</summary>
    public KeyedTableDefinition<T> Describe(string description)
    {
        Text = description;
        return this;
    }

    private static string PropertyOf(Expression<Func<T, object?>> expression)
    {
        var body = expression.Body is UnaryExpression { NodeType: ExpressionType.Convert } convert ? convert.Operand : expression.Body;
        return body is MemberExpression { Expression: ParameterExpression } member
            ? member.Member.Name
            : throw Core.TarnException.InvalidInput("A table's definition names properties.", expression.ToString(), "Write e => e.Property.");
    }
}
