using System.Text.Json;
using System.Text.RegularExpressions;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// What a query does, found from its syntax tree before anything of it runs: that it is one statement that only reads, what it reads, what it asks of the
/// rows, and that it calls no table function that reaches files (where it may not), settings or logs (some can be called in a SELECT).
/// </summary>
/// <param name="Sql">The query as DuckDB gets it.</param>
/// <param name="Relations">What it reads.</param>
internal sealed partial record SqlInspection(RewrittenSql Sql, IReadOnlyList<QueriedRelation> Relations)
{
    /// <summary>Table functions that compute from their arguments alone, or describe SQL itself.</summary>
    internal static readonly IReadOnlySet<string> Functions = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "duckdb_functions", "duckdb_keywords", "duckdb_types", "pg_timezone_names", "icu_calendar_names", "pragma_version",
    };

    /// <summary>Table functions that read files, for those who may.</summary>
    internal static readonly IReadOnlySet<string> FileFunctions = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "read_parquet", "parquet_scan", "read_csv", "read_csv_auto", "sniff_csv", "read_json", "read_json_auto", "read_json_objects", "read_json_objects_auto", "read_ndjson", "read_ndjson_auto",
        "read_ndjson_objects", "read_text", "read_blob", "glob", "parquet_metadata", "parquet_schema", "parquet_file_metadata", "parquet_kv_metadata",
    };

    /// <summary>The tables and views that it names, without a version.</summary>
    internal IReadOnlyList<TableName> Tables => [.. Relations.Select(static r => r.TableName).OfType<string>().Select(TableName.Parse)];

    /// <inheritdoc cref="Of(DuckDbConnection, RewrittenSql, bool)"/>
    internal static SqlInspection Of(DuckDbConnection connection, string sql) => Of(connection, SqlRewriter.Rewrite(sql), readsFiles: false);

    /// <param name="connection">A connection that runs nothing.</param>
    /// <param name="sql">The query.</param>
    /// <param name="readsFiles">Whether it may read files that are not the lake's.</param>
    /// <exception cref="TarnException">It is not one reading statement, not SQL, or calls what it may not.</exception>
    /// <exception cref="DuckDbException">It does not parse.</exception>
    /// <exception cref="UnknownTable">It names a table by a name that none can have.</exception>
    internal static SqlInspection Of(DuckDbConnection connection, RewrittenSql sql, bool readsFiles)
    {
        using (var statements = connection.Extract(sql.Text))
        {
            if (statements.Count != 1)
            {
                throw statements.Count == 0 ? QueryErrors.Empty() : QueryErrors.Several(statements.Count, sql.Original);
            }
        }

        // EXPLAIN has no syntax tree as JSON, and EXPLAIN ANALYZE runs what follows: that must be a reading statement itself.
        var explain = Explain().Match(sql.Text);
        using var statement = connection.Prepare("SELECT json_serialize_sql($1::VARCHAR)");
        using var result = statement.Bind(1, explain.Success ? sql.Text[explain.Length..] : sql.Text).Query();
        using var chunk = result.Fetch()!;
        using var tree = JsonDocument.Parse(chunk.Column(0).GetBytes(0).ToArray(), new JsonDocumentOptions { MaxDepth = 1000 });
        if (tree.RootElement.GetProperty("error").GetBoolean() || tree.RootElement.GetProperty("statements").GetArrayLength() != 1)
        {
            throw QueryErrors.NotReading(sql.Original);
        }

        var walk = new SqlWalk(sql, new FilterReader(connection), readsFiles);
        walk.Visit(tree.RootElement);
        return new SqlInspection(sql, walk.Relations());
    }

    [GeneratedRegex(@"^\s*EXPLAIN\s+(ANALYZE\s+)?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Explain();
}

/// <summary>A name in a query that no table can have; becomes an error once the near names are known.</summary>
internal sealed class UnknownTable(string name) : Exception(name)
{
    internal string Name { get; } = name;
}
