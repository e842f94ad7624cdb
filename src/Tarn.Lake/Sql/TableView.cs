using System.Text;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// The SELECT by which DuckDB sees rows of files in the columns of one version of a table: one scan of the files. Columns and types are the version's schema, whatever the
/// files hold: a column that a file lacks is null, one that the schema lacks is not seen, and partition columns have the log's values.
/// </summary>
internal static class TableView
{
    /// <summary>The name of the scan in the SELECT.</summary>
    private const string Scan = "scan";

    /// <summary>The column of a row's file, as its position in the list of files (BIGINT).</summary>
    internal const string FileColumn = "__file";

    /// <summary>The column of a row's position in its file (BIGINT).</summary>
    internal const string RowColumn = "__row";

    /// <param name="state">The version.</param>
    /// <param name="files">Its files, or those of them that matter.</param>
    /// <param name="paths">Where DuckDB finds each of the files.</param>
    /// <param name="options">Which rows, and which further columns.</param>
    internal static string Sql(LogState state, IReadOnlyList<DataFile> files, IReadOnlyList<string> paths, TableViewOptions options)
    {
        if (files.Count == 0)
        {
            return Nothing(state, options);
        }

        var alike = Enumerable.Range(0, files.Count).GroupBy(i => options.Names?[i].Signature ?? "", StringComparer.Ordinal).Select(static g => g.ToArray()).ToList();
        return string.Join(" UNION ALL ", alike.Select(positions => Scanned(state, files, paths, options, positions, alike.Count == 1)));
    }

    /// <summary>One scan of files in which fields go by the same names.</summary>
    private static string Scanned(LogState state, IReadOnlyList<DataFile> files, IReadOnlyList<string> paths, TableViewOptions options, int[] positions, bool areAll)
    {
        // A column that only the files know has no id, and what has ids is not found by names.
        var mapping = options.StoredColumns.Count > 0 ? ColumnMapping.Name : state.Mapping;
        var names = options.Names?[positions[0]] ?? FieldNames.Physical;
        var partitions = state.PartitionFields;
        var stored = state.Fields.Fields.Where(f => !partitions.Contains(f)).ToList();
        var position = areAll ? $"{Scan}.file_index::BIGINT" : $"list_extract([{string.Join(", ", positions)}]::BIGINT[], 1 + {Scan}.file_index::BIGINT)";
        var sql = new StringBuilder("SELECT ");
        sql.AppendJoin(", ", state.Fields.Fields.Select(f => $"{(partitions.Contains(f) ? Partition(f, positions.Select(i => files[i])) : Stored(f, names))} AS {SqlNames.Quote(f.Name)}"));
        foreach (var column in options.FileColumns)
        {
            sql.Append(", ").Append(PerFile(column.Type, positions.Select(i => column.Values[i]))).Append(" AS ").Append(SqlNames.Quote(column.Name));
        }

        foreach (var column in options.StoredColumns)
        {
            sql.Append(", ").Append(Scan).Append('.').Append(SqlNames.Quote(column.Name));
        }

        if (options.Positions)
        {
            sql.Append($", {position} AS {FileColumn}, {Scan}.file_row_number AS {RowColumn}");
        }

        sql.Append(" FROM read_parquet([").AppendJoin(", ", positions.Select(i => SqlNames.Text(SqlNames.Pattern(paths[i])))).Append("], hive_partitioning = false, schema = MAP {");
        sql.AppendJoin(", ", stored.Select(f => Column(Key(f, mapping), f.PhysicalName, TypeInFile(f.Type, names)))
            .Concat(options.StoredColumns.Select(static c => Column(SqlNames.Text(c.Name), c.Name, SqlNames.Type(c.Type)))));
        sql.Append("}) ").Append(Scan);
        if (options.Rows is { } rows)
        {
            // A join, said as one: NOT EXISTS becomes one that first looks for the scan's distinct positions, several times slower.
            sql.Append(options.OnlyRows ? " SEMI JOIN " : " ANTI JOIN ").Append(rows)
                .Append(" gone ON gone.file = ").Append(position).Append(" AND gone.row = ").Append(Scan).Append(".file_row_number");
        }

        return sql.ToString();
    }

    private static string Nothing(LogState state, TableViewOptions options)
    {
        var columns = state.Fields.Fields.Select(static f => (f.Name, Type: SqlNames.Type(f.Type.Logical)))
            .Concat(options.FileColumns.Select(static c => (c.Name, c.Type)))
            .Concat(options.StoredColumns.Select(static c => (c.Name, Type: SqlNames.Type(c.Type))))
            .Concat(options.Positions ? [(Name: FileColumn, Type: "BIGINT"), (Name: RowColumn, Type: "BIGINT")] : []);
        return $"SELECT {string.Join(", ", columns.Select(static c => $"CAST(NULL AS {c.Type}) AS {SqlNames.Quote(c.Name)}"))} WHERE false";
    }

    private static string Column(string key, string name, string type) => $"{key}: {{name: {SqlNames.Text(name)}, type: {SqlNames.Text(type)}, default_value: NULL}}";

    private static string TypeInFile(DeltaType type, FieldNames names) => type switch
    {
        DeltaStruct nested => $"STRUCT({string.Join(", ", nested.Fields.Select(f => $"{SqlNames.Quote(names.Of(f))} {TypeInFile(f.Type, names)}"))})",
        DeltaArray array => $"{TypeInFile(array.Element, names)}[]",
        DeltaMap map => $"MAP({TypeInFile(map.Key, names)}, {TypeInFile(map.Value, names)})",
        _ => SqlNames.Type(type.Logical),
    };

    private static string Key(DeltaField field, ColumnMapping mapping) =>
        mapping == ColumnMapping.Id && field.Id is { } id ? FormattableString.Invariant($"{id}") : SqlNames.Text(field.PhysicalName);

    private static string Stored(DeltaField field, FieldNames names) => Renamed(field.Type, $"{Scan}.{SqlNames.Quote(field.PhysicalName)}", names, 0);

    private static string Partition(DeltaField field, IEnumerable<DataFile> files)
    {
        var values = files.Select(file => file.PartitionValues.GetValueOrDefault(field.PhysicalName) is { Length: > 0 } value ? value : null);
        var type = SqlNames.Type(field.Type.Logical);

        // The bytes of a binary value are those of its text in UTF-8.
        return type == "BLOB" ? $"encode({PerFile("VARCHAR", values)})" : PerFile(type, values);
    }

    // The values of the files as a list, by the file's position: DuckDB computes this once a vector, and skips whole files by it.
    private static string PerFile(string type, IEnumerable<string?> values) =>
        $"CAST(list_extract([{string.Join(", ", values.Select(static v => v is null ? "NULL" : SqlNames.AnyText(v)))}]::VARCHAR[], 1 + {Scan}.file_index::BIGINT) AS {type})";

    /// <summary>A value with its structs' fields under their own names, where those in files are others.</summary>
    private static string Renamed(DeltaType type, string value, FieldNames names, int depth)
    {
        if (type is DeltaPrimitive || SqlNames.Type(type.Logical) == TypeInFile(type, names))
        {
            return value;
        }

        var item = FormattableString.Invariant($"item{depth}");
        return type switch
        {
            DeltaStruct nested => $"CASE WHEN {value} IS NULL THEN NULL ELSE struct_pack({string.Join(", ", nested.Fields.Select(f => $"{SqlNames.Quote(f.Name)} := {Renamed(f.Type, $"struct_extract({value}, {SqlNames.Text(names.Of(f))})", names, depth)}"))}) END",
            DeltaArray array => $"list_transform({value}, lambda {item}: {Renamed(array.Element, item, names, depth + 1)})",
            DeltaMap map => $"CASE WHEN {value} IS NULL THEN NULL ELSE map_from_entries(list_transform(map_entries({value}), lambda {item}: struct_pack(k := {Renamed(map.Key, item + ".key", names, depth + 1)}, v := {Renamed(map.Value, item + ".value", names, depth + 1)}))) END",
            _ => value,
        };
    }
}

/// <summary>Which rows of the files a view shows, and which columns beside the table's.</summary>
internal sealed record TableViewOptions
{
    /// <summary>The full name of a table (file BIGINT, row BIGINT) of rows by their files' positions and their own; null for all rows.</summary>
    public string? Rows { get; init; }

    /// <summary>Whether the rows of <see cref="Rows"/> are shown, and no others; false for those that it does not hold.</summary>
    public bool OnlyRows { get; init; }

    /// <summary>Whether each row's file and position are given, too (<see cref="TableView.FileColumn"/>, <see cref="TableView.RowColumn"/>).</summary>
    public bool Positions { get; init; }

    /// <summary>The names that fields have in each of the files; null where they are the physical names.</summary>
    public IReadOnlyList<FieldNames>? Names { get; init; }

    /// <summary>Columns that have one value a file: name, type and the values' texts in the order of the files.</summary>
    public IReadOnlyList<(string Name, string Type, IReadOnlyList<string?> Values)> FileColumns { get; init; } = [];

    /// <summary>Columns of the files that are none of the table's.</summary>
    public IReadOnlyList<(string Name, ColumnType Type)> StoredColumns { get; init; } = [];
}
