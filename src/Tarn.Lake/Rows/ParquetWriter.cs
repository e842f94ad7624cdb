using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Writes Parquet files that Spark, Trino and delta-rs read: every column optional, timestamps as microseconds adjusted to UTC, dates as days,
/// decimals by their width, Zstandard (level 3). The file is not yet durable: whoever takes it into a store syncs it.
/// </summary>
internal static class ParquetWriter
{
    /// <summary>What every COPY that writes a file of a table says.</summary>
    internal const string CopyOptions = "FORMAT parquet, COMPRESSION zstd, RETURN_STATS true";

    /// <summary>Writes the rows of a SELECT to a new local file.</summary>
    /// <param name="connection">The connection that runs the SELECT.</param>
    /// <param name="select">A SELECT whose columns are those of <paramref name="schema"/>, by name.</param>
    /// <param name="schema">The columns that statistics are wanted of.</param>
    /// <param name="path">The file's full path; its folder exists.</param>
    /// <exception cref="DuckDbException">The SELECT fails, or the file cannot be written.</exception>
    internal static ParquetFile Write(DuckDbConnection connection, string select, TableSchema schema, string path) =>
        Write(connection, select, StatisticsColumns.Of(EmptyMap.Strings, [.. schema.Columns.Select(DeltaField.Of)]), null, path);

    /// <param name="connection">The connection that runs the SELECT.</param>
    /// <param name="select">A SELECT of the file's columns.</param>
    /// <param name="columns">The columns that statistics are wanted of.</param>
    /// <param name="fieldIds">The columns' field ids as COPY takes them; null for none.</param>
    /// <param name="path">The file's full path; its folder exists.</param>
    internal static ParquetFile Write(DuckDbConnection connection, string select, StatisticsColumns columns, string? fieldIds, string path)
    {
        using var result = connection.Query($"COPY ({select}) TO {SqlNames.Text(path)} ({CopyOptions}{(fieldIds is null ? "" : $", FIELD_IDS {fieldIds}")})");
        return Read(result, columns).Single().File;
    }

    /// <summary>The files that a COPY tells that it has written, and the text of each one's partition columns.</summary>
    internal static List<(ParquetFile File, IReadOnlyDictionary<string, string?> Partition)> Read(DuckDbResult result, StatisticsColumns columns)
    {
        var files = new List<(ParquetFile, IReadOnlyDictionary<string, string?>)>();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                for (var row = 0; row < chunk.Count; row++)
                {
                    files.Add((ReadFile(chunk, row, columns), ReadPartition(chunk.Column(5).GetValue(row))));
                }
            }
        }

        return files;
    }

    private static ParquetFile ReadFile(DuckDbChunk chunk, int row, StatisticsColumns wanted)
    {
        var rows = (long)(ulong)chunk.Column(1).GetValue(row)!;
        var columns = new Dictionary<string, ColumnStatistics>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in (KeyValuePair<object, object?>[])chunk.Column(4).GetValue(row)!)
        {
            columns[PathOf((string)key)] = ColumnStatistics.From((KeyValuePair<object, object?>[])value!);
        }

        return new ParquetFile((string)chunk.Column(0).GetValue(row)!, rows, (long)(ulong)chunk.Column(2).GetValue(row)!, ParquetStatistics.Write(wanted, rows, columns));
    }

    private static IReadOnlyDictionary<string, string?> ReadPartition(object? keys) => keys is KeyValuePair<object, object?>[] pairs
        ? pairs.ToDictionary(static p => (string)p.Key, static p => (string?)p.Value, StringComparer.Ordinal)
        : EmptyMap.NullableStrings;

    /// <summary>Writes rows of a class to a new local file.</summary>
    internal static ParquetFile Write<T>(DuckDbConnection connection, IReadOnlyList<T> rows, string path)
    {
        var mapping = RowMapping<T>.Instance;
        using var batch = mapping.Load(connection, "parquet_rows", rows);
        return Write(connection, $"SELECT * FROM {batch.Sql}", mapping.Schema, path);
    }

    /// <summary>The names that lead to a column, joined by NUL. DuckDB quotes each and joins them by dots: "a"."b".</summary>
    private static string PathOf(string text)
    {
        var path = new System.Text.StringBuilder(text.Length);
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '"')
            {
                path.Append(quoted ? text[i] : '\0');
            }
            else if (quoted && i + 1 < text.Length && text[i + 1] == '"')
            {
                path.Append('"');
                i++;
            }
            else
            {
                quoted = !quoted;
            }
        }

        return path.ToString();
    }
}

/// <summary>A Parquet file as written.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Rows">How many rows it holds.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Stats">Its statistics as Delta's JSON object.</param>
internal sealed record ParquetFile(string Path, long Rows, long Bytes, string Stats);
