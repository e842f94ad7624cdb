using System.Text.Json;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Walks through a query's syntax tree.</summary>
internal sealed class SqlWalk(RewrittenSql sql, FilterReader filters, bool readsFiles)
{
    private readonly HashSet<string> _named = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _columns = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _single = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _rows = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Place> _places = [];
    private bool _allColumns;

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
            var from = VisitFrom(element);
            foreach (var property in element.EnumerateObject())
            {
                if (!from || property.Name != "from_table")
                {
                    Visit(property.Value);
                }
            }
        }
    }

    /// <summary>What the query reads; a name without a layer must be that of a common table expression.</summary>
    internal List<QueriedRelation> Relations()
    {
        var relations = new List<QueriedRelation>();
        foreach (var places in _places.GroupBy(static p => p, Place.SameName))
        {
            var (catalog, schema, table, _) = places.Key;
            if ((catalog.Length == 0 && schema.Length == 0 && _named.Contains(table)) || (readsFiles && catalog.Length == 0 && IsFile(schema, table)))
            {
                continue;
            }

            var relation = (catalog.Length == 0 ? sql.Find(schema) : null) ?? OfName(catalog, schema, table);
            var asked = places.Select(static p => p.Filter).ToList();
            var columns = _allColumns || _single.Overlaps(_rows) ? null : _columns;
            relations.Add(new QueriedRelation(schema.ToLowerInvariant(), table.ToLowerInvariant(), relation, asked.Contains(null) ? null : [.. asked.OfType<FilePredicate>()], columns));
        }

        return relations;
    }

    private static TableRelation OfName(string catalog, string schema, string table) =>
        catalog.Length == 0 && TableName.TryParse($"{schema}.{table}".ToLowerInvariant(), out var name)
            ? new TableRelation(TableReference.Of(name))
            : throw new UnknownTable(string.Join('.', new[] { catalog, schema, table }.Where(static p => p.Length > 0)));

    // DuckDB takes a name for a file's where it has an ending that it knows.
    private static bool IsFile(string schema, string table) => schema.Length == 0 && table.AsSpan().IndexOfAny('.', '/') >= 0;

    private bool VisitFrom(JsonElement node)
    {
        if (!node.TryGetProperty("from_table", out var from) || from.ValueKind != JsonValueKind.Object || !node.TryGetProperty("where_clause", out var where))
        {
            return false;
        }

        // A sample of the whole FROM is taken before WHERE, too.
        var sampled = node.TryGetProperty("sample", out var sample) && sample.ValueKind != JsonValueKind.Null;
        FromScopes.Visit(
            from,
            sampled ? default : where,
            (table, conditions) =>
            {
                VisitColumnsOf(table);
                var alias = Text(table, "alias") is { Length: > 0 } given ? given : Text(table, "table_name");
                AddPlace(table, FilterReader.All(conditions.Select(c => filters.Read(c, alias))));
            },
            VisitJoin,
            Visit);
        return true;
    }

    private void AddPlace(JsonElement table, FilePredicate? filter) =>
        _places.Add(new Place(Text(table, "catalog_name"), Text(table, "schema_name"), Text(table, "table_name"), filter));

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
                VisitColumnsOf(node);
                AddPlace(node, null);
                break;
            case "TABLE_FUNCTION" when node.TryGetProperty("function", out var function):
                RequireAllowed(Text(function, "function_name"));
                break;
            case "SHOW_REF" when node.GetProperty("query").ValueKind == JsonValueKind.Null:
                throw TarnException.InvalidInput("SHOW stands alone.", "SHOW", "SHOW TABLES lists the tables; information_schema.tables and information_schema.columns can be queried.");
            case "STAR" or "SHOW_REF" or "PIVOT" or "POSITIONAL_REFERENCE":
                _allColumns = true;
                break;
            case "COLUMN_REF":
                VisitColumn(node.GetProperty("column_names"));
                break;
            case "JOIN":
                VisitJoin(node);
                break;
        }
    }

    private void VisitColumn(JsonElement names)
    {
        foreach (var name in names.EnumerateArray())
        {
            _columns.Add(name.GetString()!);
        }

        if (names.GetArrayLength() == 1)
        {
            _single.Add(names[0].GetString()!);
        }
    }

    private void VisitJoin(JsonElement join)
    {
        _allColumns |= Text(join, "ref_type") == "NATURAL";
        foreach (var name in join.GetProperty("using_columns").EnumerateArray())
        {
            _columns.Add(name.GetString()!);
        }
    }

    /// <summary>Columns may go by other names, or the whole row by the table's.</summary>
    private void VisitColumnsOf(JsonElement table)
    {
        _allColumns |= table.GetProperty("column_name_alias").GetArrayLength() > 0;
        _rows.Add(Text(table, "alias") is { Length: > 0 } alias ? alias : Text(table, "table_name"));
    }

    private void RequireAllowed(string function)
    {
        if (!SqlInspection.Functions.Contains(function) && !(readsFiles && SqlInspection.FileFunctions.Contains(function)))
        {
            throw QueryErrors.Function(function, SqlInspection.FileFunctions.Contains(function));
        }
    }

    private static string Text(JsonElement node, string property) => node.TryGetProperty(property, out var value) ? value.GetString() ?? "" : "";

    /// <summary>A table's place in the query, and what is asked of its rows there.</summary>
    private sealed record Place(string Catalog, string Schema, string Table, FilePredicate? Filter)
    {
        public static IEqualityComparer<Place> SameName { get; } = EqualityComparer<Place>.Create(
            static (a, b) => Same(a!.Catalog, b!.Catalog) && Same(a.Schema, b.Schema) && Same(a.Table, b.Table),
            static p => StringComparer.OrdinalIgnoreCase.GetHashCode(p.Table));

        private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
    }
}
