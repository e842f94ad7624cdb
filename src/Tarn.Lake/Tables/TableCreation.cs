using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Makes a table what its definition says: the first commit, or one that adds what is missing, or none.</summary>
internal static class TableCreation
{
    /// <summary>The actions that make the state fit the definition; none where it does already.</summary>
    /// <exception cref="TarnException">The definition contradicts itself or the table.</exception>
    public static List<DeltaAction> Plan(TableDefinition definition, LogState? state, string id, long now)
    {
        Check(definition);
        return state is null ? Create(definition, id, now) : Extend(definition, state);
    }

    private static List<DeltaAction> Create(TableDefinition definition, string id, long now) =>
    [
        TableProtocol.With(TableProtocol.New, Features(definition.Schema.Columns, definition.Properties)),
        new MetadataAction
        {
            Id = id, Name = definition.Name, Description = definition.Description, SchemaString = DeltaSchema.Of(definition.Schema).ToJson(),
            PartitionColumns = [.. definition.PartitionBy], Configuration = definition.Properties, CreatedTime = now,
        },
    ];

    private static List<DeltaAction> Extend(TableDefinition definition, LogState state)
    {
        var metadata = state.Metadata!;
        if (!metadata.PartitionColumns.SequenceEqual(definition.PartitionBy, StringComparer.OrdinalIgnoreCase))
        {
            throw TarnException.Conflict(
                $"Table {definition.Name} keeps its partition columns for life; it is partitioned by ({string.Join(", ", metadata.PartitionColumns)}).",
                string.Join(", ", definition.PartitionBy), "Make a new table.");
        }

        var missing = new List<Column>();
        foreach (var column in definition.Schema.Columns)
        {
            if (state.Schema.Find(column.Name) is not { } there)
            {
                // Rows that are there already have no value for it.
                missing.Add(column with { Nullable = true });
            }
            else if (there.Type != column.Type)
            {
                throw TarnException.Conflict(
                    $"Column {there.Name} of table {definition.Name} has type {there.Type}.", column.Type.ToString(), "Keep the type, or add a column under another name.");
            }
        }

        var configuration = new Dictionary<string, string>(metadata.Configuration, StringComparer.Ordinal);
        foreach (var (name, value) in definition.Properties)
        {
            configuration[name] = value;
        }

        var changed = metadata with
        {
            Description = definition.Description ?? metadata.Description,
            SchemaString = missing.Count == 0 ? metadata.SchemaString : state.Fields.With(missing.Select(DeltaField.Of)).ToJson(),
            Configuration = configuration,
        };
        var same = missing.Count == 0 && changed.Description == metadata.Description && configuration.Count == metadata.Configuration.Count
            && configuration.All(p => metadata.Configuration.GetValueOrDefault(p.Key) == p.Value);
        if (same)
        {
            return [];
        }

        TableProtocol.RequireWritable(state);
        var protocol = TableProtocol.With(state.Protocol!, Features(missing, configuration));
        return protocol == state.Protocol ? [changed] : [protocol, changed];
    }

    /// <summary>The features that columns and properties ask for.</summary>
    private static IEnumerable<string> Features(IReadOnlyList<Column> columns, IReadOnlyDictionary<string, string> properties) =>
        columns.Any(static c => c.Type == ColumnType.TimestampNtz) ? TableProperty.Features(properties).Prepend(TableFeature.TimestampNtz) : TableProperty.Features(properties);

    private static void Check(TableDefinition definition)
    {
        foreach (var name in definition.PartitionBy)
        {
            var column = definition.Schema.Find(name)
                ?? throw TarnException.InvalidInput($"Table {definition.Name} is partitioned by columns of its own.", name, "Add the column, or leave it out of PartitionBy.");
            if (column.Type is not (PrimitiveType or DecimalType) || column.Type == ColumnType.Binary)
            {
                throw TarnException.InvalidInput("A partition column's type is a simple one, and not binary.", $"{name}: {column.Type}");
            }
        }

        if (definition.Schema.Columns.Count <= definition.PartitionBy.Count)
        {
            throw TarnException.InvalidInput($"Table {definition.Name} has at least one column that it is not partitioned by.", $"{definition.Schema.Columns.Count}");
        }
    }
}
