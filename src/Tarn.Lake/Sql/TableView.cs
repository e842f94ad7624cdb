using System.Text;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// The SELECT by which DuckDB sees one version of a table: one scan of its files. Columns and types are the version's schema, whatever the files hold: a column that a file
/// lacks is null, one that the schema lacks is not seen, and partition columns have the log's values.
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
    /// <param name="deletedRows">
    /// The full name of a table (file BIGINT, row BIGINT) that holds the deleted rows of the files, by the files' positions in the list; null where there are none.
    /// </param>
    /// <param name="positions">Whether each row's file and position are given, too.</param>
    internal static string Sql(LogState state, IReadOnlyList<DataFile> files, IReadOnlyList<string> paths, string? deletedRows, bool positions = false)
    {
        var partitions = state.PartitionFields;
        if (files.Count == 0)
        {
            var none = state.Fields.Fields.Select(static f => $"CAST(NULL AS {SqlNames.Type(f.Type.Logical)}) AS {SqlNames.Quote(f.Name)}");
            return $"SELECT {string.Join(", ", positions ? none.Append($"0::BIGINT AS {FileColumn}").Append($"0::BIGINT AS {RowColumn}") : none)} WHERE false";
        }

        var stored = state.Fields.Fields.Where(f => !partitions.Contains(f)).ToList();
        var sql = new StringBuilder("SELECT ");
        sql.AppendJoin(", ", state.Fields.Fields.Select(f => partitions.Contains(f) ? Partition(f, files) : Stored(f)));
        if (positions)
        {
            sql.Append($", {Scan}.file_index::BIGINT AS {FileColumn}, {Scan}.file_row_number AS {RowColumn}");
        }

        sql.Append(" FROM read_parquet([").AppendJoin(", ", paths.Select(static p => SqlNames.Text(SqlNames.Pattern(p)))).Append("], hive_partitioning = false, schema = MAP {");
        sql.AppendJoin(", ", stored.Select(f => $"{Key(f, state.Mapping)}: {{name: {SqlNames.Text(f.PhysicalName)}, type: {SqlNames.Text(SqlNames.Type(f.Type.Physical))}, default_value: NULL}}"));
        sql.Append("}) ").Append(Scan);
        if (deletedRows is not null)
        {
            sql.Append(" WHERE NOT EXISTS (SELECT 1 FROM ").Append(deletedRows).Append(" gone WHERE gone.file = ").Append(Scan).Append(".file_index AND gone.row = ").Append(Scan).Append(".file_row_number)");
        }

        return sql.ToString();
    }

    private static string Key(DeltaField field, ColumnMapping mapping) =>
        mapping == ColumnMapping.Id && field.Id is { } id ? FormattableString.Invariant($"{id}") : SqlNames.Text(field.PhysicalName);

    private static string Stored(DeltaField field)
    {
        var name = $"{Scan}.{SqlNames.Quote(field.PhysicalName)}";
        return $"{Renamed(field.Type, name, 0)} AS {SqlNames.Quote(field.Name)}";
    }

    // The partition values of the files as a list, by the file's position: DuckDB computes this once a vector, and skips whole files by it.
    private static string Partition(DeltaField field, IReadOnlyList<DataFile> files)
    {
        var values = string.Join(", ", files.Select(file => file.PartitionValues.GetValueOrDefault(field.PhysicalName) is { Length: > 0 } value ? SqlNames.Text(value) : "NULL"));
        return $"CAST(list_extract([{values}]::VARCHAR[], 1 + {Scan}.file_index::BIGINT) AS {SqlNames.Type(field.Type.Logical)}) AS {SqlNames.Quote(field.Name)}";
    }

    /// <summary>A value with its structs' fields under their own names, where those in files are others.</summary>
    private static string Renamed(DeltaType type, string value, int depth)
    {
        if (type.Logical == type.Physical || SqlNames.Type(type.Logical) == SqlNames.Type(type.Physical))
        {
            return value;
        }

        var item = FormattableString.Invariant($"item{depth}");
        return type switch
        {
            DeltaStruct nested => $"CASE WHEN {value} IS NULL THEN NULL ELSE struct_pack({string.Join(", ", nested.Fields.Select(f => $"{SqlNames.Quote(f.Name)} := {Renamed(f.Type, $"struct_extract({value}, {SqlNames.Text(f.PhysicalName)})", depth)}"))}) END",
            DeltaArray array => $"list_transform({value}, lambda {item}: {Renamed(array.Element, item, depth + 1)})",
            DeltaMap map => $"CASE WHEN {value} IS NULL THEN NULL ELSE map_from_entries(list_transform(map_entries({value}), lambda {item}: struct_pack(k := {Renamed(map.Key, item + ".key", depth + 1)}, v := {Renamed(map.Value, item + ".value", depth + 1)}))) END",
            _ => value,
        };
    }
}
