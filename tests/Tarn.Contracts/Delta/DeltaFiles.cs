using System.Globalization;
using System.Text;
using Tarn.Native;

namespace Tarn.Contracts;

/// <summary>
/// Reads the Parquet files of one table through DuckDB, as bytes of columns and nothing more: which columns, which rows, which names is decided here,
/// from the log.
/// </summary>
internal sealed class DeltaFiles : IDisposable
{
    // One engine for all: a connection is made in microseconds, an engine in many milliseconds. Files are changed under their names by tests: nothing is cached.
    private static readonly Lazy<DuckDbDatabase> Engine = new(static () => DuckDbDatabase.Open(
        null, new Dictionary<string, string> { ["threads"] = "2", ["enable_external_file_cache"] = "false" }));

    private readonly Dictionary<string, ParquetFooter> _footers = new(StringComparer.Ordinal);
    private readonly Lazy<TemporaryDirectory> _links = new(static () => new TemporaryDirectory());
    private int _named;

    public DeltaFiles(string table)
    {
        Table = table;
        Connection = Engine.Value.Connect();
        Connection.Execute("SET TimeZone = 'UTC'");
    }

    public string Table { get; }

    public DuckDbConnection Connection { get; }

    public string PathOf(LoggedAction file) => DeltaPath.Locate(Table, file.File.Path);

    public bool Exists(LoggedAction file) => File.Exists(PathOf(file));

    public ParquetFooter Footer(string path)
    {
        if (!_footers.TryGetValue(path, out var footer))
        {
            _footers[path] = footer = ParquetFooter.Read(Connection, Readable(path));
        }

        return footer;
    }

    /// <summary>
    /// A relation of a logical file's valid rows, its columns those of the table, by their logical names and of their types.
    /// </summary>
    /// <exception cref="FormatException">The deletion vector cannot be read.</exception>
    public string Rows(LoggedAction file, DeltaMetadata metadata, string? extraColumn = null)
    {
        var path = PathOf(file);
        var values = file.Map("partitionValues");
        var columns = new List<string>();
        foreach (var field in metadata.Schema.Fields)
        {
            var expression = metadata.PartitionColumns.Contains(field.Name, StringComparer.OrdinalIgnoreCase)
                ? PartitionValue(values.GetValueOrDefault(field.NameInFiles(metadata.Mapping)) ?? "", field.Type)
                : Column(Footer(path).Root.Find(field, metadata.Mapping), field.Type, metadata.Mapping);
            columns.Add($"{expression} AS {DeltaSql.Quote(field.Name)}");
        }

        if (extraColumn is not null)
        {
            columns.Add(DeltaSql.Quote(extraColumn));
        }

        return $"SELECT {string.Join(", ", columns)} FROM {Scan(path, file.DeletionVector)}";
    }

    /// <summary>A relation of rows as one text each, <c>r</c>: what equal rows have in common, whatever file they are in.</summary>
    public static string Texts(string rows, DeltaMetadata metadata) =>
        $"SELECT CAST(struct_pack({string.Join(", ", metadata.Schema.Fields.Select(static f => $"{DeltaSql.Quote(f.Name)} := {DeltaSql.Quote(f.Name)}"))}) AS VARCHAR) AS r FROM ({rows})";

    /// <summary>The scan of a file's valid rows, its columns as they are in the file.</summary>
    public string Scan(string path, LoggedAction? vector)
    {
        var scan = $"read_parquet({DeltaSql.Text(Readable(path))}, hive_partitioning = false)";
        if (vector is null)
        {
            return scan;
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"dv{_named++}");
        using var statement = Connection.Prepare($"CREATE TEMP TABLE {name} AS SELECT unnest($1) AS dead");
        statement.Bind(1, (IEnumerable<long>)DeltaDeletionVector.Read(Table, vector)).Execute();
        return $"(SELECT * FROM {scan} WHERE NOT EXISTS (SELECT 1 FROM {name} WHERE dead = file_row_number))";
    }

    /// <summary>A partition value as SQL.</summary>
    public static string PartitionValue(string value, DeltaType type)
    {
        if (value.Length == 0)
        {
            return $"NULL::{type.Sql}";
        }

        return type.Kind == "binary"
            ? $"encode({DeltaSql.Text(value)})"
            : $"CAST({DeltaSql.Text(value)} AS {type.Sql})";
    }

    /// <summary>Runs a query and gives its rows.</summary>
    public List<object?[]> Query(string sql)
    {
        using var result = Connection.Query(sql);
        var rows = new List<object?[]>();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    rows.Add([.. Enumerable.Range(0, result.Columns.Count).Select(c => chunk.Column(c).GetValue(i))]);
                }
            }
        }

        return rows;
    }

    /// <summary>The number of rows by which two relations of texts differ, as multisets, and one of them.</summary>
    public (long Count, string? Example) Difference(string left, string right)
    {
        var row = Query(
            $"WITH l AS MATERIALIZED ({left}), r AS MATERIALIZED ({right}) " +
            "SELECT count(*), min(r) FROM ((FROM l EXCEPT ALL FROM r) UNION ALL (FROM r EXCEPT ALL FROM l))")[0];
        return ((long)row[0]!, (string?)row[1]);
    }

    public void Dispose()
    {
        Connection.Dispose();
        if (_links.IsValueCreated)
        {
            _links.Value.Dispose();
        }
    }

    /// <summary>A name of a file that DuckDB takes as it is: one with a pattern's characters is read through a link.</summary>
    public string Readable(string path)
    {
        if (path.AsSpan().IndexOfAny("*?[") < 0)
        {
            return path;
        }

        var link = _links.Value.Combine(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(path))) + ".parquet");
        if (!File.Exists(link))
        {
            File.CreateSymbolicLink(link, path);
        }

        return link;
    }

    private static string Column(ParquetNode? node, DeltaType type, string mapping) =>
        node is null ? $"NULL::{type.Sql}" : Value(DeltaSql.Quote(node.Name), node, type, mapping, 0);

    private static string Value(string reference, ParquetNode node, DeltaType type, string mapping, int depth)
    {
        var item = string.Create(CultureInfo.InvariantCulture, $"x{depth}");
        switch (type.Kind)
        {
            case "struct":
                var fields = type.Fields.Select(f =>
                {
                    var child = node.Find(f, mapping);
                    return $"{DeltaSql.Quote(f.Name)} := {(child is null ? $"NULL::{f.Type.Sql}" : Value($"struct_extract({reference}, {DeltaSql.Text(child.Name)})", child, f.Type, mapping, depth))}";
                });
                return $"CASE WHEN {reference} IS NULL THEN NULL ELSE struct_pack({string.Join(", ", fields)}) END";
            case "array":
                return $"list_transform({reference}, lambda {item}: {Value(item, node.Element!, type.Element!, mapping, depth + 1)})";
            case "map":
                var key = Value($"{item}.key", node.Key!, type.Key!, mapping, depth + 1);
                var value = Value($"{item}.value", node.Value!, type.Element!, mapping, depth + 1);
                return $"CASE WHEN {reference} IS NULL THEN NULL ELSE map_from_entries(list_transform(map_entries({reference}), lambda {item}: struct_pack(k := {key}, v := {value}))) END";
            case "void" or "null":
                return "NULL::INTEGER";
            default:
                return $"CAST({reference} AS {type.Sql})";
        }
    }
}
