using System.Text;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Chooses the files that may hold rows for which a query asks. What files say of their columns is kept in tables of a session, so that the next query of the
/// version finds it there.
/// </summary>
internal sealed class FileChoice(DuckDbConnection connection, string schema)
{
    private const int MostTables = 8;

    /// <summary>Versions of one table: a table that is written to has ever new ones.</summary>
    private const int MostVersions = 2;
    private const int MostChoices = 16;

    /// <summary>A text as long as this may have been cut.</summary>
    private const int CutTexts = 32;

    private readonly List<(LogState State, IReadOnlyList<string> Columns, string Table)> _tables = [];
    private readonly Dictionary<(LogState State, IReadOnlyList<FilePredicate> Filters), int[]?> _choices = [];
    private int _made;

    /// <summary>The positions of the files, ascending, in the version's order; null for all.</summary>
    /// <param name="state">The version.</param>
    /// <param name="filters">What the query asks, at each of the table's places in it; null for nothing.</param>
    /// <param name="parameters">The query's parameters.</param>
    public int[]? Choose(LogState state, IReadOnlyList<FilePredicate>? filters, IReadOnlyDictionary<string, object?> parameters)
    {
        if (filters is null || state.Files.Count < 2)
        {
            return null;
        }

        // The same query of the same version again, as programs ask.
        if (parameters.Count == 0 && _choices.TryGetValue((state, filters), out var known))
        {
            return known;
        }

        var test = new FileTest(state, parameters);
        if (test.Sql(filters) is not { } condition || test.Columns.Count == 0)
        {
            return null;
        }

        try
        {
            var sql = $"SELECT file FROM {Table(state, test.Columns)} WHERE {condition} ORDER BY file";
            using var statement = connection.Prepare(sql);
            if (!TryBind(statement, parameters))
            {
                return null;
            }

            using var result = statement.Query();
            var files = Read(result);
            int[]? chosen = files.Count == state.Files.Count ? null : [.. files];
            if (parameters.Count == 0)
            {
                if (_choices.Count == MostChoices)
                {
                    _choices.Clear();
                }

                _choices[(state, filters)] = chosen;
            }

            return chosen;
        }
        catch (DuckDbException error) when (error.Type is not (DuckDbErrorType.Interrupt or DuckDbErrorType.Fatal or DuckDbErrorType.Internal or DuckDbErrorType.OutOfMemory))
        {
            // A value that does not fit the column, for example: the query itself will say so, with its place.
            return null;
        }
    }

    private static List<int> Read(DuckDbResult result)
    {
        var files = new List<int>();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                foreach (var file in chunk.Column(0).Values<int>()[..chunk.Count])
                {
                    files.Add(file);
                }
            }
        }

        return files;
    }

    private static bool TryBind(DuckDbStatement statement, IReadOnlyDictionary<string, object?> parameters)
    {
        for (var i = 1; i <= statement.ParameterCount; i++)
        {
            if (!QueryParameters.TryGet(parameters, statement.ParameterName(i), out var value))
            {
                return false;
            }

            statement.Bind(i, value);
        }

        return true;
    }

    /// <summary>The table of what the files say of columns: it has the columns in the order asked for.</summary>
    private string Table(LogState state, IReadOnlyList<DeltaField> columns)
    {
        var names = columns.Select(static c => c.PhysicalName).ToList();
        foreach (var known in _tables)
        {
            if (ReferenceEquals(known.State, state) && known.Columns.SequenceEqual(names))
            {
                return known.Table;
            }
        }

        var ofTable = _tables.FindAll(t => t.State.Metadata!.Id == state.Metadata!.Id && !ReferenceEquals(t.State, state));
        foreach (var old in ofTable.Take(ofTable.Count - MostVersions + 1).Concat(_tables.Take(_tables.Count - MostTables + 1)).Distinct().ToList())
        {
            connection.Execute($"DROP TABLE {old.Table}");
            _tables.Remove(old);
        }

        var table = FormattableString.Invariant($"{schema}.files_{_made++}");
        var bounds = FileBounds.Of(state).Columns(names);
        connection.Execute($"CREATE SCHEMA IF NOT EXISTS {schema}");
        Fill(table, bounds, state.Files.Count);
        connection.Execute($"CREATE TABLE {table} AS SELECT file{string.Concat(columns.Select((c, n) => Typed(c, bounds[n], n)))} FROM {table}_raw ORDER BY file; DROP TABLE {table}_raw");
        _tables.Add((state, names, table));
        return table;
    }

    private void Fill(string table, IReadOnlyList<ColumnBounds> bounds, int files)
    {
        var definition = new StringBuilder("file INTEGER");
        for (var n = 0; n < bounds.Count; n++)
        {
            definition.Append(System.Globalization.CultureInfo.InvariantCulture, $", least_{n} VARCHAR, greatest_{n} VARCHAR, nulls_{n} TINYINT");
        }

        connection.Execute($"CREATE TABLE {table}_raw ({definition})");
        var parts = table.Split('.');
        using var appender = connection.Append(parts[2] + "_raw", parts[1], parts[0]);
        for (var first = 0; first < files; first += DuckDbChunk.Capacity)
        {
            var count = Math.Min(DuckDbChunk.Capacity, files - first);
            for (var row = 0; row < count; row++)
            {
                appender.Column(0).Values<int>()[row] = first + row;
            }

            for (var n = 0; n < bounds.Count; n++)
            {
                Fill(appender.Column((3 * n) + 1), bounds[n].Least.AsSpan(first, count));
                Fill(appender.Column((3 * n) + 2), bounds[n].Greatest.AsSpan(first, count));
                var nulls = appender.Column((3 * n) + 3).Values<byte>();
                for (var row = 0; row < count; row++)
                {
                    nulls[row] = (byte)bounds[n].Nulls[first + row];
                }
            }

            appender.Append(count);
        }

        appender.Flush();
    }

    private static void Fill(DuckDbVector column, ReadOnlySpan<string?> texts)
    {
        for (var row = 0; row < texts.Length; row++)
        {
            if (texts[row] is { } text)
            {
                column.SetString(row, text);
            }
            else
            {
                column.SetNull(row);
            }
        }
    }

    private static string Typed(DeltaField field, ColumnBounds bounds, int n)
    {
        var type = SqlNames.Type(field.Type.Logical);
        var (least, greatest) = (FormattableString.Invariant($"least_{n}"), FormattableString.Invariant($"greatest_{n}"));
        var (from, to) = type switch
        {
            "VARCHAR" when bounds.IsPartition => (least, greatest),

            // Writers may cut texts; the protocol wants the greatest bound raised then, and some forget.
            "VARCHAR" => (least, $"CASE WHEN length({greatest}) >= {CutTexts} THEN {greatest} || repeat(chr(1114111), 4) ELSE {greatest} END"),
            "TIMESTAMP" or "TIMESTAMP WITH TIME ZONE" when !bounds.IsPartition =>

                // Statistics have whole milliseconds; what is left off is less than one.
                ($"TRY_CAST({least} AS {type})", $"TRY(TRY_CAST({greatest} AS {type}) + INTERVAL 1 MILLISECOND)"),

            // The shortest text of a float need not be the double that it becomes.
            "DOUBLE" when !bounds.IsPartition && field.Metadata.ContainsKey("delta.typeChanges") => ("NULL::DOUBLE", "NULL::DOUBLE"),
            _ => ($"TRY_CAST({least} AS {type})", $"TRY_CAST({greatest} AS {type})"),
        };
        return $", {from} AS {least}, {to} AS {greatest}, nulls_{n}";
    }
}
