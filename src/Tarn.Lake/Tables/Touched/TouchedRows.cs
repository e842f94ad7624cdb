using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Collects the event times of rows that are in DuckDB.</summary>
internal static class TouchedRows
{
    private const long MicrosOfADay = 86_400_000_000;

    /// <summary>Takes the first column of a statement's rows: the event time as it is, of the column's type.</summary>
    public static void Add(TouchedSet touched, DuckDbConnection connection, string sql, IReadOnlyDictionary<string, object?> parameters)
    {
        using var statement = DuckDbWork.Prepare(connection, sql, parameters);
        using var result = statement.Stream();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                Add(touched, chunk);
            }
        }
    }

    /// <summary>Takes the rows of files that were just written, as far as their statistics do not tell them.</summary>
    /// <param name="touched">Collects.</param>
    /// <param name="connection">Reads.</param>
    /// <param name="files">The files, and their full paths on this machine.</param>
    public static void Add(TouchedSet touched, DuckDbConnection connection, IEnumerable<(AddFile File, string Path)> files)
    {
        var wide = files.Where(f => !TouchedFiles.AddWhereInOnePiece(touched, f.File)).Select(static f => SqlNames.Text(SqlNames.Pattern(f.Path))).ToList();
        if (wide.Count > 0)
        {
            var column = SqlNames.Quote(touched.Time.Field.PhysicalName);
            Add(touched, connection, $"SELECT {column} FROM read_parquet([{string.Join(", ", wide)}], hive_partitioning = false)", new Dictionary<string, object?>());
        }
    }

    private static void Add(TouchedSet touched, DuckDbChunk chunk)
    {
        var column = chunk.Column(0);
        if (touched.Time.IsDay)
        {
            var days = column.Values<int>();
            for (var i = 0; i < chunk.Count; i++)
            {
                if (column.IsNull(i))
                {
                    touched.AddNull();
                }
                else
                {
                    touched.Add(days[i] * MicrosOfADay);
                }
            }

            return;
        }

        var micros = column.Values<long>();
        for (var i = 0; i < chunk.Count; i++)
        {
            if (column.IsNull(i))
            {
                touched.AddNull();
            }
            else
            {
                touched.Add(micros[i]);
            }
        }
    }
}
