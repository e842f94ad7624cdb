using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Writes a table's data files from a file of rows.</summary>
internal static class ModelFiles
{
    public static async Task<IReadOnlyList<AddFile>> WriteAsync(
        Lake lake, LakeTable table, TableSchema schema, IReadOnlyList<string> partitionBy, string source, CancellationToken cancellationToken)
    {
        var inFile = new TableSchema(schema.Columns.Where(c => !partitionBy.Contains(c.Name, StringComparer.OrdinalIgnoreCase)));
        var columns = string.Join(", ", inFile.Columns.Select(static c => SqlNames.Quote(c.Name)));
        var added = new List<AddFile>();
        foreach (var values in Partitions(lake, partitionBy, source))
        {
            var where = string.Join(" AND ", partitionBy.Select((name, i) => $"{SqlNames.Quote(name)} IS NOT DISTINCT FROM {Literal(values[i], schema.Find(name)!.Type)}"));
            var partition = partitionBy.Select((name, i) => KeyValuePair.Create(name, PartitionValue.Write(values[i]))).ToDictionary(StringComparer.Ordinal);
            added.Add(await table.Writer.WriteAsync(
                partitionBy,
                partition,
                inFile,
                (_, write) => write($"SELECT {columns} FROM {ModelStaging.Read(source)}{(where.Length == 0 ? "" : $" WHERE {where}")}"),
                dataChange: true,
                cancellationToken).ConfigureAwait(false));
        }

        return added;
    }

    private static string Literal(object? value, ColumnType type) => value is null ? "NULL" : $"CAST({SqlNames.Text(PartitionValue.Write(value) ?? "")} AS {SqlNames.Type(type)})";

    private static List<object?[]> Partitions(Lake lake, IReadOnlyList<string> partitionBy, string source) => lake.Files.Use("read a model's rows", source, connection =>
    {
        var columns = partitionBy.Count == 0 ? "1" : string.Join(", ", partitionBy.Select(SqlNames.Quote));
        using var result = connection.Query($"SELECT DISTINCT {columns} FROM {ModelStaging.Read(source)}");
        var partitions = new List<object?[]>();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                partitions.AddRange(QueryValues.Read(chunk, chunk.Count));
            }
        }

        return partitions;
    });
}
