using Tarn.Core;

namespace Tarn.Lake;

/// <summary>How rows of a version go into files: under which names and ids, what is kept of the partition columns, and of which columns statistics are.</summary>
internal sealed class WriteLayout
{
    /// <summary>The name under which <see cref="FileSelect"/> has a row's columns.</summary>
    public const string Row = "out_row";

    public WriteLayout(LogState state)
    {
        State = state;
        Partition = state.PartitionFields;
        Stored = [.. state.Fields.Fields.Where(f => !Partition.Contains(f))];
        PartitionNames = [.. Partition.Select(static f => f.PhysicalName)];
        Statistics = StatisticsColumns.Of(state.Metadata!.Configuration, Stored);
    }

    public LogState State { get; }

    /// <summary>The partition columns.</summary>
    public IReadOnlyList<DeltaField> Partition { get; }

    /// <summary>The columns that files hold.</summary>
    public IReadOnlyList<DeltaField> Stored { get; }

    /// <summary>The partition columns as the log names them.</summary>
    public IReadOnlyList<string> PartitionNames { get; }

    public StatisticsColumns Statistics { get; }

    /// <summary>What COPY is told of Parquet's field ids; null where columns have none.</summary>
    /// <param name="only">The table's columns that the files have; null for all.</param>
    public string? FieldIds(IReadOnlyCollection<string>? only = null) => State.Mapping == ColumnMapping.None
        ? null
        : $"{{{string.Join(", ", Stored.Where(f => f.Id is not null && (only is null || only.Contains(f.Name, StringComparer.OrdinalIgnoreCase))).Select(IdsOf))}}}";

    /// <summary>The files' columns of some of the table's, for rows that lack the others.</summary>
    public TableSchema FileColumns(IEnumerable<string> columns) =>
        new(columns.Select(name => State.Fields.Find(name)!).Where(f => !Partition.Contains(f)).Select(static f => new Column(f.PhysicalName, f.Type.Physical, f.Nullable)));

    /// <summary>The Parquet field id of a file's column, or null.</summary>
    public int? FieldId(string physicalName) => State.Mapping == ColumnMapping.None ? null : Stored.FirstOrDefault(f => f.PhysicalName == physicalName)?.Id;

    /// <summary>The SELECT of what files hold, from one of the table's columns under their own names; partition columns as the log's text, under the names of the log.</summary>
    /// <param name="rows">The rows: what may stand in FROM.</param>
    /// <param name="guard">Makes of the expression of the first column one that fails where a row breaks a rule; null for none.</param>
    /// <param name="also">A further column of the files, as it is; null for none.</param>
    /// <param name="only">The table's columns that the rows have; null for all.</param>
    /// <param name="partition">Whether the partition columns are selected.</param>
    public string FileSelect(string rows, Func<string, string>? guard = null, string? also = null, IReadOnlyCollection<string>? only = null, bool partition = true)
    {
        const string row = Row;
        var columns = new List<string>();
        foreach (var field in Stored)
        {
            if (only is not null && !only.Contains(field.Name, StringComparer.OrdinalIgnoreCase))
            {
                continue;
            }

            var value = ToPhysical(field.Type, $"{row}.{SqlNames.Quote(field.Name)}", 0);
            value = guard is not null && columns.Count == 0 ? guard(value) : value;
            columns.Add($"{value} AS {SqlNames.Quote(field.PhysicalName)}");
        }

        if (also is not null)
        {
            columns.Add($"{row}.{SqlNames.Quote(also)}");
        }

        columns.AddRange((partition ? Partition : []).Select(f => $"{PartitionText(f, $"{row}.{SqlNames.Quote(f.Name)}")} AS {SqlNames.Quote(f.PhysicalName)}"));
        return $"SELECT {string.Join(", ", columns)} FROM ({rows}) {row}";
    }

    /// <summary>A partition column's value as the log's text (protocol, "Partition Value Serialization"); the empty text is null.</summary>
    public static string PartitionText(DeltaField field, string value) => field.Type.Logical switch
    {
        PrimitiveType { Name: "timestamp" } => $"strftime({value} AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%f')",
        PrimitiveType { Name: "timestamp_ntz" } => $"strftime({value}, '%Y-%m-%d %H:%M:%S.%f')",
        PrimitiveType { Name: "binary" } => $"nullif(decode({value}), '')",
        PrimitiveType { Name: "string" } => $"nullif({value}, '')",
        _ => $"CAST({value} AS VARCHAR)",
    };

    private static string IdsOf(DeltaField field) => $"{SqlNames.Quote(field.PhysicalName)}: {IdsOf(field.Type, field.Id)}";

    private static string IdsOf(DeltaType type, int? id)
    {
        var within = type switch
        {
            DeltaStruct nested => nested.Fields.Where(static f => f.Id is not null).Select(IdsOf).ToList(),
            DeltaArray { Element: not DeltaPrimitive } array => [$"element: {IdsOf(array.Element, null)}"],
            DeltaMap map => [.. new[] { ("key", map.Key), ("value", map.Value) }.Where(static p => p.Item2 is not DeltaPrimitive).Select(static p => $"{p.Item1}: {IdsOf(p.Item2, null)}")],
            _ => new List<string>(),
        };
        var own = id is { } number ? FormattableString.Invariant($"{number}") : null;
        if (within.Count == 0)
        {
            return own ?? "{}";
        }

        return $"{{{string.Join(", ", own is null ? within : within.Prepend($"__duckdb_field_id: {own}"))}}}";
    }

    /// <summary>A value with its structs' fields under the names that files have.</summary>
    private static string ToPhysical(DeltaType type, string value, int depth)
    {
        if (SqlNames.Type(type.Logical) == SqlNames.Type(type.Physical))
        {
            return value;
        }

        var item = FormattableString.Invariant($"part{depth}");
        return type switch
        {
            DeltaStruct nested => $"CASE WHEN {value} IS NULL THEN NULL ELSE struct_pack({string.Join(", ", nested.Fields.Select(f => $"{SqlNames.Quote(f.PhysicalName)} := {ToPhysical(f.Type, $"struct_extract({value}, {SqlNames.Text(f.Name)})", depth)}"))}) END",
            DeltaArray array => $"list_transform({value}, lambda {item}: {ToPhysical(array.Element, item, depth + 1)})",
            DeltaMap map => $"CASE WHEN {value} IS NULL THEN NULL ELSE map_from_entries(list_transform(map_entries({value}), lambda {item}: struct_pack(k := {ToPhysical(map.Key, item + ".key", depth + 1)}, v := {ToPhysical(map.Value, item + ".value", depth + 1)}))) END",
            _ => value,
        };
    }
}
