using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Writes Parquet files that Spark, Trino and delta-rs read: every column optional, timestamps as microseconds adjusted to UTC, dates as days,
/// decimals by their width, Zstandard (level 3). The file is not yet durable: whoever takes it into a store syncs it.
/// </summary>
internal static class ParquetWriter
{
    /// <summary>Writes the rows of a SELECT to a new local file.</summary>
    /// <param name="connection">The connection that runs the SELECT.</param>
    /// <param name="select">A SELECT whose columns are those of <paramref name="schema"/>, by name.</param>
    /// <param name="schema">The columns that statistics are wanted of.</param>
    /// <param name="path">The file's full path; its folder exists.</param>
    /// <exception cref="DuckDbException">The SELECT fails, or the file cannot be written.</exception>
    internal static ParquetFile Write(DuckDbConnection connection, string select, TableSchema schema, string path)
    {
        using var result = connection.Query($"COPY ({select}) TO {SqlNames.Text(path)} (FORMAT parquet, COMPRESSION zstd, RETURN_STATS true)");
        using var chunk = result.Fetch() ?? throw TarnException.Corrupt("Writing a Parquet file tells its statistics.", path);
        var rows = (long)(ulong)chunk.Column(1).GetValue(0)!;
        var bytes = (long)(ulong)chunk.Column(2).GetValue(0)!;
        var columns = new Dictionary<string, ColumnStatistics>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in (KeyValuePair<object, object?>[])chunk.Column(4).GetValue(0)!)
        {
            if (TopLevelName((string)key) is { } name)
            {
                columns[name] = ColumnStatistics.From((KeyValuePair<object, object?>[])value!);
            }
        }

        return new ParquetFile(path, rows, bytes, ParquetStatistics.Write(schema, rows, columns));
    }

    /// <summary>Writes rows of a class to a new local file.</summary>
    internal static ParquetFile Write<T>(DuckDbConnection connection, IReadOnlyList<T> rows, string path)
    {
        var mapping = RowMapping<T>.Instance;
        using var batch = mapping.Load(connection, "parquet_rows", rows);
        return Write(connection, $"SELECT * FROM {batch.Sql}", mapping.Schema, path);
    }

    // Names are quoted, and those within nested columns joined by dots: "a"."b".
    private static string? TopLevelName(string path)
    {
        for (var i = 1; i < path.Length; i++)
        {
            if (path[i] == '"')
            {
                if (i + 1 < path.Length && path[i + 1] == '"')
                {
                    i++;
                    continue;
                }

                return i == path.Length - 1 ? path[1..i].Replace("\"\"", "\"", StringComparison.Ordinal) : null;
            }
        }

        return null;
    }
}

/// <summary>A Parquet file as written.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Rows">How many rows it holds.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Stats">Its statistics as Delta's JSON object.</param>
internal sealed record ParquetFile(string Path, long Rows, long Bytes, string Stats);
