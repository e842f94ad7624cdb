using System.Text;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// The view through which SQL sees one version of a table. Its columns and types are the version's schema, whatever the files hold: a column that a file
/// lacks is null, one that the schema lacks is not seen, and partition columns have the log's values.
/// </summary>
internal static class TableView
{
    internal static string Sql(TableSnapshot table)
    {
        var columns = table.Schema.Columns;
        var sql = new StringBuilder("SELECT ");
        sql.AppendJoin(", ", columns.Select(static c => $"CAST({SqlNames.Quote(c.Name)} AS {SqlNames.Type(c.Type)}) AS {SqlNames.Quote(c.Name)}"));
        sql.Append(" FROM (SELECT ").AppendJoin(", ", columns.Select(static c => $"CAST(NULL AS {SqlNames.Type(c.Type)}) AS {SqlNames.Quote(c.Name)}")).Append(" WHERE false");
        if (table.Files.Count > 0)
        {
            if (table.PartitionBy.Count == 0 || table.Files.All(f => PathTellsPartition(table, f)))
            {
                AppendOne(sql, table);
            }
            else
            {
                AppendPartitions(sql, table);
            }
        }

        return sql.Append(')').ToString();
    }

    // One scan of all files. Where every path says what the log says, DuckDB takes the values from the paths and skips whole files by them.
    private static void AppendOne(StringBuilder sql, TableSnapshot table)
    {
        sql.Append(" UNION ALL BY NAME SELECT * FROM read_parquet(");
        AppendFiles(sql, table, table.Files);
        sql.Append(", union_by_name = true");
        if (table.PartitionBy.Count > 0)
        {
            sql.Append(", hive_partitioning = true, hive_types = {")
                .AppendJoin(", ", table.PartitionBy.Select(name => $"{SqlNames.Text(name)}: {SqlNames.Text(SqlNames.Type(PartitionColumn(table, name).Type))}")).Append("})");
        }
        else
        {
            sql.Append(", hive_partitioning = false)");
        }
    }

    // One scan a partition, with its values as constants.
    private static void AppendPartitions(StringBuilder sql, TableSnapshot table)
    {
        var names = table.PartitionBy;
        var hidden = string.Join(", ", names.Select(static n => SqlNames.Text(n.ToLowerInvariant())));
        foreach (var partition in table.Files.GroupBy(f => string.Join('\0', names.Select(n => Value(f, n) is { } v ? "=" + v : ""))))
        {
            sql.Append(" UNION ALL BY NAME SELECT COLUMNS(c -> lower(c) NOT IN (").Append(hidden).Append("))");
            foreach (var name in names)
            {
                var value = Value(partition.First(), name);
                sql.Append(", CAST(").Append(value is null ? "NULL" : SqlNames.Text(value)).Append(" AS ")
                    .Append(SqlNames.Type(PartitionColumn(table, name).Type)).Append(") AS ").Append(SqlNames.Quote(name));
            }

            sql.Append(" FROM read_parquet(");
            AppendFiles(sql, table, partition);
            sql.Append(", union_by_name = true, hive_partitioning = false)");
        }
    }

    private static void AppendFiles(StringBuilder sql, TableSnapshot table, IEnumerable<DataFile> files) =>
        sql.Append('[').AppendJoin(", ", files.Select(f => SqlNames.Text(SqlNames.Pattern(LocalPath(table, f))))).Append(']');

    private static string LocalPath(TableSnapshot table, DataFile file) => table.Store.LocalPath(table.InStore(file)) ?? throw new TarnException(
        ErrorKind.Unsupported, "DuckDB reads tables of a store of local files.", table.Store.Location, "Query this table with an engine that reads the store.");

    private static Column PartitionColumn(TableSnapshot table, string name) =>
        table.Schema.Find(name) ?? throw TarnException.Corrupt("Every partition column is a column of the schema.", name);

    // Delta says "" for a null partition value of a text column, too.
    private static string? Value(DataFile file, string name) => file.PartitionValues.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    private static bool PathTellsPartition(TableSnapshot table, DataFile file)
    {
        var parts = file.Path.Split('/');
        if (parts.Length != table.PartitionBy.Count + 1)
        {
            return false;
        }

        for (var i = 0; i < table.PartitionBy.Count; i++)
        {
            var name = table.PartitionBy[i];
            var expected = $"{name}={Value(file, name) ?? LogPath.NullPartition}";
            if (parts[i] != expected || !expected.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '=' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
