using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Makes a table what its definition says: the first commit, or one that adds what is missing, or none.</summary>
internal static class TableCreation
{
    /// <summary>The actions that make the state fit the definition; none where it does already.</summary>
    /// <exception cref="TarnException">The definition contradicts itself or the table.</exception>
    public static List<DeltaAction> Plan(TableDefinition definition, LogState? state, IdSource ids, long now)
    {
        Check(definition);
        return state is null ? Create(definition, ids, now) : Extend(definition, state, ids);
    }

    private static List<DeltaAction> Create(TableDefinition definition, IdSource ids, long now)
    {
        var plain = LogState.Empty.Apply(LogState.NoVersion, now,
        [
            TableProtocol.New,
            new MetadataAction
            {
                Id = ids.NewGuid().ToString(), Name = definition.Name, Description = definition.Description, SchemaString = DeltaSchema.Of(definition.Schema).ToJson(),
                PartitionColumns = [.. definition.PartitionBy], CreatedTime = now,
            },
        ]);
        var change = new SchemaChange(definition.Name, ids, plain);
        foreach (var (name, value) in definition.AllProperties)
        {
            change.SetProperty(name, value);
        }

        var state = change.Apply(change.Actions());
        return [state.Protocol!, state.Metadata!];
    }

    private static List<DeltaAction> Extend(TableDefinition definition, LogState state, IdSource ids)
    {
        var metadata = state.Metadata!;
        if (!metadata.PartitionColumns.SequenceEqual(definition.PartitionBy, StringComparer.OrdinalIgnoreCase))
        {
            throw TarnException.Conflict(
                $"Table {definition.Name} keeps its partition columns for life; it is partitioned by ({string.Join(", ", metadata.PartitionColumns)}).",
                string.Join(", ", definition.PartitionBy), "Make a new table.");
        }

        var change = new SchemaChange(definition.Name, ids, state) { Description = definition.Description ?? metadata.Description };
        foreach (var column in definition.Schema.Columns)
        {
            if (state.Schema.Find(column.Name) is not { } there)
            {
                change.Add(column);
            }
            else if (there.Type != column.Type)
            {
                throw TarnException.Conflict(
                    $"Column {there.Name} of table {definition.Name} has type {there.Type}.", column.Type.ToString(), "Keep the type, or add a column under another name.");
            }
        }

        foreach (var (name, value) in definition.AllProperties)
        {
            change.SetProperty(name, value);
        }

        var actions = change.Actions();
        if (actions.Count > 0)
        {
            TableProtocol.RequireWritable(state);
        }

        return actions;
    }

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
