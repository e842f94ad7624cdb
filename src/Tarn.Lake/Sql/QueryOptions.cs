namespace Tarn.Lake;

/// <summary>How a query is run.</summary>
public sealed record QueryOptions
{
    /// <summary>Which version of every table is read; default the latest.</summary>
    public AsOf? AsOf { get; init; }

    /// <summary>
    /// Values of the parameters: of <c>$name</c> under <c>name</c>, of <c>$1</c> or the first <c>?</c> under <c>1</c>. A value is null, bool, a number, decimal, string,
    /// byte[], Guid, DateOnly, DateTime (without zone), DateTimeOffset (an instant), or a sequence of strings, ints, longs or instants (a list).
    /// </summary>
    public IReadOnlyDictionary<string, object?> Parameters { get; init; } = new Dictionary<string, object?>();

    /// <summary>How many rows are given at most, at least 0; default all. Whether there were more is told by <see cref="QueryResult.Truncated"/>.</summary>
    public long? MaxRows { get; init; }

    /// <summary>How long the query may take, from its start to its last row; default without limit.</summary>
    public TimeSpan? TimeLimit { get; init; }
}
