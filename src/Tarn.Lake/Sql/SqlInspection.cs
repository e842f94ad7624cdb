using System.Text.Json;
using System.Text.RegularExpressions;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// What a query does, found from its syntax tree before anything of it runs: that it is one statement that only reads, which tables it
/// names, and that it calls no table function that reaches files, settings or logs (some can be called in a SELECT).
/// </summary>
/// <param name="Tables">The tables, as <c>layer.name</c>.</param>
internal sealed partial record SqlInspection(IReadOnlyList<TableName> Tables)
{
    /// <summary>Table functions that compute from their arguments alone, or describe SQL itself.</summary>
    internal static readonly IReadOnlySet<string> Functions = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "duckdb_functions", "duckdb_keywords", "duckdb_types", "pg_timezone_names", "icu_calendar_names", "pragma_version",
    };

    /// <exception cref="TarnException">It is not one reading statement, not SQL, or calls what it may not.</exception>
    /// <exception cref="DuckDbException">It does not parse.</exception>
    internal static SqlInspection Of(DuckDbConnection connection, string sql)
    {
        using (var statements = connection.Extract(sql))
        {
            if (statements.Count != 1)
            {
                throw statements.Count == 0 ? QueryErrors.Empty() : QueryErrors.Several(statements.Count, sql);
            }
        }

        // EXPLAIN has no syntax tree as JSON, and EXPLAIN ANALYZE runs what follows: that must be a reading statement itself.
        var explain = Explain().Match(sql);
        using var statement = connection.Prepare("SELECT json_serialize_sql($1::VARCHAR)");
        using var result = statement.Bind(1, explain.Success ? sql[explain.Length..] : sql).Query();
        using var chunk = result.Fetch()!;
        using var tree = JsonDocument.Parse(chunk.Column(0).GetBytes(0).ToArray());
        if (tree.RootElement.GetProperty("error").GetBoolean() || tree.RootElement.GetProperty("statements").GetArrayLength() != 1)
        {
            throw QueryErrors.NotReading(sql);
        }

        var walk = new Walk();
        walk.Visit(tree.RootElement);
        return new SqlInspection(walk.Tables());
    }

    [GeneratedRegex(@"^\s*EXPLAIN\s+(ANALYZE\s+)?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Explain();

    private sealed class Walk
    {
        private readonly HashSet<string> _named = new(StringComparer.OrdinalIgnoreCase);
        private readonly List<(string Catalog, string Schema, string Table)> _tables = [];

        internal void Visit(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in element.EnumerateArray())
                {
                    Visit(item);
                }
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                VisitNode(element);
                foreach (var property in element.EnumerateObject())
                {
                    Visit(property.Value);
                }
            }
        }

        /// <summary>The tables of the lake; a name without a layer must be that of a common table expression.</summary>
        internal List<TableName> Tables()
        {
            var tables = new List<TableName>();
            foreach (var (catalog, schema, table) in _tables)
            {
                if (catalog.Length == 0 && schema.Length == 0 && _named.Contains(table))
                {
                    continue;
                }

                var text = $"{schema}.{table}".ToLowerInvariant();
                if (catalog.Length > 0 || !TableName.TryParse(text, out var name))
                {
                    throw new UnknownTable(string.Join('.', new[] { catalog, schema, table }.Where(static p => p.Length > 0)));
                }

                if (!tables.Contains(name))
                {
                    tables.Add(name);
                }
            }

            return tables;
        }

        private void VisitNode(JsonElement node)
        {
            if (node.TryGetProperty("cte_map", out var expressions))
            {
                foreach (var expression in expressions.GetProperty("map").EnumerateArray())
                {
                    _named.Add(expression.GetProperty("key").GetString()!);
                }
            }

            if (node.TryGetProperty("cte_name", out var cte) && cte.GetString() is { } recursive)
            {
                _named.Add(recursive);
            }

            switch (node.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null)
            {
                case "BASE_TABLE":
                    _tables.Add((Text(node, "catalog_name"), Text(node, "schema_name"), Text(node, "table_name")));
                    break;
                case "TABLE_FUNCTION" when node.TryGetProperty("function", out var function):
                    var name = Text(function, "function_name");
                    if (!Functions.Contains(name))
                    {
                        throw QueryErrors.Function(name);
                    }

                    break;
                case "SHOW_REF" when node.GetProperty("query").ValueKind == JsonValueKind.Null:
                    throw TarnException.InvalidInput("SHOW lists what one connection has seen, not the lake.", "SHOW", "List the tables through the API, or with tarn tables list.");
            }
        }

        private static string Text(JsonElement node, string property) => node.TryGetProperty(property, out var value) ? value.GetString() ?? "" : "";
    }
}

/// <summary>A name in a query that no table can have; becomes an error once the near names are known.</summary>
internal sealed class UnknownTable(string name) : Exception(name)
{
    internal string Name { get; } = name;
}
