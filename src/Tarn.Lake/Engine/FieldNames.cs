using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// The names that fields have in one file. In a table that is mapped by ids, files may have other names than the physical ones: DuckDB finds columns by their ids, but the
/// fields within them only by names.
/// </summary>
internal sealed class FieldNames
{
    private readonly IReadOnlyDictionary<int, string> _byId;

    private FieldNames(IReadOnlyDictionary<int, string> byId)
    {
        _byId = byId;
        Signature = string.Join('\n', byId.OrderBy(static p => p.Key).Select(static p => FormattableString.Invariant($"{p.Key}:{p.Value}")));
    }

    /// <summary>The physical names.</summary>
    public static FieldNames Physical { get; } = new(new Dictionary<int, string>());

    /// <summary>Equal where the names are.</summary>
    public string Signature { get; }

    /// <summary>The name of a field within a column.</summary>
    public string Of(DeltaField field) => field.Id is { } id && _byId.TryGetValue(id, out var name) ? name : field.PhysicalName;

    /// <summary>The names in each of the files.</summary>
    /// <param name="files">Brings files to DuckDB.</param>
    /// <param name="paths">Where DuckDB finds the files.</param>
    /// <param name="state">The version of the table.</param>
    public static FieldNames[] Read(ParquetFiles files, IReadOnlyList<string> paths, LogState state)
    {
        var found = Enumerable.Repeat(Physical, paths.Count).ToArray();
        var nested = new Dictionary<int, string>();
        if (state.Mapping == ColumnMapping.Id)
        {
            foreach (var field in state.Fields.Fields)
            {
                Collect(field.Type, nested);
            }
        }

        if (nested.Count == 0 || paths.Count == 0)
        {
            return found;
        }

        var positions = paths.Select(static (path, i) => (path, i)).ToLookup(static p => p.path, static p => p.i, StringComparer.Ordinal);
        var sql = $"SELECT file_name, field_id::INTEGER, name FROM parquet_schema([{string.Join(", ", paths.Distinct().Select(static p => SqlNames.Text(SqlNames.Pattern(p))))}]) WHERE field_id IN ({string.Join(", ", nested.Keys)})";
        foreach (var file in files.Use("read the schemas of files", paths[0], connection => Rows(connection, sql)).GroupBy(static r => r.File, StringComparer.Ordinal))
        {
            var others = file.Where(r => nested[r.Id] != r.Name).ToDictionary(static r => r.Id, static r => r.Name);
            foreach (var position in others.Count > 0 ? positions[file.Key] : [])
            {
                found[position] = new FieldNames(others);
            }
        }

        return found;
    }

    private static List<(string File, int Id, string Name)> Rows(DuckDbConnection connection, string sql)
    {
        var rows = new List<(string, int, string)>();
        using var result = connection.Query(sql);
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    rows.Add((chunk.Column(0).GetString(i), chunk.Column(1).Values<int>()[i], chunk.Column(2).GetString(i)));
                }
            }
        }

        return rows;
    }

    private static void Collect(DeltaType type, Dictionary<int, string> fields)
    {
        switch (type)
        {
            case DeltaStruct nested:
                foreach (var field in nested.Fields)
                {
                    if (field.Id is { } id)
                    {
                        fields[id] = field.PhysicalName;
                    }

                    Collect(field.Type, fields);
                }

                break;
            case DeltaArray array:
                Collect(array.Element, fields);
                break;
            case DeltaMap map:
                Collect(map.Key, fields);
                Collect(map.Value, fields);
                break;
        }
    }
}
