using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>New values for columns: expressions, of the columns' types.</summary>
internal static class SetValues
{
    /// <param name="table">The table's name.</param>
    /// <param name="state">The version.</param>
    /// <param name="connection">Parses and binds the expressions.</param>
    /// <param name="set">Expressions by the columns' names.</param>
    /// <param name="from">What they are over: what may stand in FROM.</param>
    /// <param name="parameters">Values of their parameters.</param>
    /// <returns>The values by the columns' names as the schema has them.</returns>
    /// <exception cref="TarnException">There is no such column, or its value is of a type that does not fit.</exception>
    public static IReadOnlyDictionary<string, string> Of(
        string table, LogState state, DuckDbConnection connection, IReadOnlyDictionary<string, string> set, string from, IReadOnlyDictionary<string, object?> parameters)
    {
        var fields = set.Keys.Select(name => state.Fields.Find(name)
            ?? throw TarnException.InvalidInput($"Columns that are set are columns of table {table}.", name, $"It has {string.Join(", ", state.Schema.Columns.Select(static c => c.Name))}.")).ToList();
        var expressions = set.Select(p => SqlExpression.Check(connection, p.Value, $"The value of column {p.Key}")).ToList();
        var select = string.Join(", ", expressions.Select(static (e, i) => FormattableString.Invariant($"{e} AS value_{i}")));
        using var statement = DuckDbWork.Prepare(connection, $"SELECT {select} FROM {from} LIMIT 0", parameters);
        using var result = statement.Query();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var given = set.Values.ToList();
        for (var i = 0; i < fields.Count; i++)
        {
            // A null by itself has some type for DuckDB, and fits every column.
            values[fields[i].Name] = given[i].Trim().Equals("null", StringComparison.OrdinalIgnoreCase)
                ? $"CAST(NULL AS {SqlNames.Type(fields[i].Type.Logical)})"
                : ColumnMatch.Convert(expressions[i], result.Columns[i].Type, fields[i].Type.Logical, table, fields[i].Name, 0);
        }

        return values;
    }
}
