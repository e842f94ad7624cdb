using Tarn.Core;

namespace Tarn.Lake;

/// <summary>A model's table: what its log says beside the rows.</summary>
internal static class ModelTable
{
    /// <summary>The table property that says which definition made the rows; a table without it is not a model's.</summary>
    public const string Property = "tarn.model";

    private const string KeyProperty = "tarn.key";

    /// <summary>The actions that make the table's columns, comments and properties what the model says; none where they are.</summary>
    /// <param name="model">The model.</param>
    /// <param name="schema">Its query's columns.</param>
    /// <param name="hash">What marks the definition.</param>
    /// <param name="state">The table; null where there is none yet.</param>
    /// <param name="rebuild">Whether all rows are replaced and columns may change as they like.</param>
    /// <param name="ids">Where the id comes from of a new table, or of one made anew.</param>
    /// <param name="now">The time of creation.</param>
    /// <exception cref="TarnException">The query's columns changed in a way that the table's rows cannot follow.</exception>
    public static List<DeltaAction> Plan(SqlModel model, TableSchema schema, string hash, LogState? state, bool rebuild, IdSource ids, long now)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal) { [Property] = hash };
        if (model.UniqueKey.Count > 0)
        {
            properties[KeyProperty] = string.Join(", ", model.UniqueKey);
        }

        if (model.EventTime is { } time)
        {
            properties[EventTime.Property] = time;
        }

        if (state is null)
        {
            var definition = new TableDefinition(model.Name, schema) { Description = model.Description, PartitionBy = model.PartitionBy, Properties = properties };
            return TableCreation.Plan(definition, null, ids, now);
        }

        var metadata = state.Metadata!;
        var same = metadata.PartitionColumns.SequenceEqual(model.PartitionBy, StringComparer.OrdinalIgnoreCase);
        if (!rebuild)
        {
            CheckFits(model, schema, state, same);
        }

        // As REPLACE TABLE does: what changes in a way that no reader could follow is another table, under another id.
        var anew = rebuild && !(same && Fits(schema, state.Schema));
        var columns = anew ? DeltaSchema.Of(schema) : Extended(schema, state);
        foreach (var (key, value) in metadata.Configuration.Where(p => p.Key != KeyProperty && p.Key != Property && (p.Key != EventTime.Property || model.EventTime is null)))
        {
            properties[key] = value;
        }

        var changed = metadata with
        {
            Id = anew ? ids.NewGuid().ToString() : metadata.Id,
            Description = model.Description,
            SchemaString = columns.ToJson(),
            PartitionColumns = same ? metadata.PartitionColumns : [.. model.PartitionBy],
            Configuration = properties,
        };
        if (same && changed.Description == metadata.Description && columns.Columns.Equals(state.Schema) && properties.Count == metadata.Configuration.Count
            && properties.All(p => metadata.Configuration.GetValueOrDefault(p.Key) == p.Value))
        {
            return [];
        }

        var withoutZone = schema.Columns.Any(static c => c.Type == ColumnType.TimestampNtz) && !TableProtocol.HasFeature(state.Protocol!, TableFeature.TimestampNtz);
        return withoutZone ? [TableProtocol.With(state.Protocol!, TableFeature.TimestampNtz), changed] : [changed];
    }

    private static bool Fits(TableSchema schema, TableSchema table) => table.Columns.All(c => schema.Find(c.Name) is { } given && given.Type == c.Type);

    private static void CheckFits(SqlModel model, TableSchema schema, LogState state, bool samePartitions)
    {
        var differences = new List<string>();
        if (!samePartitions)
        {
            differences.Add($"it is partitioned by ({string.Join(", ", state.Metadata!.PartitionColumns)}) and the model by ({string.Join(", ", model.PartitionBy)})");
        }

        var key = string.Join(", ", model.UniqueKey);
        if (model.Materialization == Materialization.Incremental && state.Metadata!.Configuration.GetValueOrDefault(KeyProperty) is var old && old != key)
        {
            differences.Add($"its key is ({old}) and the model's ({key})");
        }

        foreach (var column in state.Schema.Columns)
        {
            if (schema.Find(column.Name) is not { } given)
            {
                differences.Add($"the query gives no column {column.Name} any more");
            }
            else if (given.Type != column.Type)
            {
                differences.Add($"column {column.Name} has type {column.Type} and the query gives {given.Type}");
            }
        }

        if (differences.Count > 0)
        {
            throw TarnException.Conflict(
                $"The table of the model {model.Name} gets new columns by itself, and nothing else changes under its readers: {string.Join("; ", differences)}.",
                model.Name,
                $"Refresh it fully (`tarn tables refresh {model.Name} --full`), which makes its columns and all its rows anew, or change the query.");
        }
    }

    // The columns as they are in the log, with the model's comments, and the new ones behind them.
    private static DeltaSchema Extended(TableSchema schema, LogState state)
    {
        var fields = state.Fields.Fields.Select(f => schema.Find(f.Name) is { } given && given.Description != f.Description ? f.Commented(given.Description) : f).ToList();
        var added = schema.Columns.Where(c => state.Schema.Find(c.Name) is null).Select(static c => DeltaField.Of(c with { Nullable = true })).ToList();
        return new DeltaSchema([.. fields, .. added]);
    }
}
