using System.Text.Json;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Checks that a query is in the part of SQL that DuckDB and Trino both run and both mean the same by. Allow-lists decide: of statements, joins, operators,
/// functions and types. What DuckDB's tree still shows is checked there, what it no longer shows in the tokens.
/// </summary>
internal static class TrinoDialect
{
    /// <summary>What Trino would refuse or understand otherwise, in order of the lines.</summary>
    /// <param name="connection">Any connection: it only parses.</param>
    /// <param name="sql">A query that parses.</param>
    /// <param name="columns">The type of a column by its name, where the tables are known; more is found with it.</param>
    public static IReadOnlyList<TrinoFinding> Check(DuckDbConnection connection, string sql, Func<string, ColumnType?>? columns = null)
    {
        var findings = new HashSet<TrinoFinding>();
        TrinoSyntax.Check(SqlTokens.Of(sql), (line, text) => findings.Add(new TrinoFinding(line, text)));
        using var statement = connection.Prepare("SELECT json_serialize_sql($1::VARCHAR)");
        using var result = statement.Bind(1, sql).Query();
        using var chunk = result.Fetch()!;
        using var tree = JsonDocument.Parse(chunk.Column(0).GetBytes(0).ToArray());
        if (tree.RootElement.GetProperty("error").GetBoolean() || tree.RootElement.GetProperty("statements").GetArrayLength() != 1)
        {
            findings.Add(new TrinoFinding(1, "A model is one SELECT."));
        }
        else
        {
            new TrinoTree(sql, new ValueKinds(columns), (line, text) => findings.Add(new TrinoFinding(line, text)))
                .Statement(tree.RootElement.GetProperty("statements")[0].GetProperty("node"));
        }

        return [.. findings.OrderBy(static f => f.Line)];
    }
}

/// <summary>Something that Trino would refuse or understand otherwise.</summary>
/// <param name="Line">The query's line, from 1.</param>
/// <param name="Text">What it is, and how to write it for both.</param>
internal sealed record TrinoFinding(int Line, string Text)
{
    public override string ToString() => $"{Line}: {Text}";
}
