using Tarn.Native;

namespace Tarn.Contracts;

/// <summary>Checks one added file: that it is there, its size, its columns against the schema, its deletion vector, its statistics, the table's constraints.</summary>
internal sealed class DeltaFileCheck(DeltaFiles files, DeltaFindings findings)
{
    private readonly DeltaStatisticsCheck _statistics = new(files, findings);

    /// <summary>Checks an add in the metadata of its version.</summary>
    /// <param name="add">The action.</param>
    /// <param name="state">The state that it is part of.</param>
    /// <param name="isNew">Whether the file came with this version, by which only then the present schema binds it.</param>
    public void Check(LoggedAction add, DeltaState state, bool isNew)
    {
        var version = state.Version;
        var metadata = state.Metadata!;
        var path = files.PathOf(add);
        if (!findings.Require(File.Exists(path), "file-missing", version, $"{add.File.Path}"))
        {
            return;
        }

        findings.Require(new FileInfo(path).Length == add.Number("size"), "file-size", version, $"{add.File.Path}: {add.Number("size")}, the file has {new FileInfo(path).Length}");
        try
        {
            var footer = files.Footer(path);
            if (isNew)
            {
                CheckColumns(add.File.Path, footer, metadata, state, version);
            }

            CheckVector(add, footer, version);
            if (state.Metadata!.Schema.Fields.Count > 0)
            {
                _statistics.Check(add, metadata, version);
                CheckConstraints(add, metadata, state, version);
            }
        }
        catch (DuckDbException e)
        {
            findings.Add("file-unreadable", version, $"{add.File.Path}: {e.Message}");
        }
        catch (FormatException e)
        {
            findings.Add("deletion-vector", version, $"{add.File}: {e.Message}");
        }
    }

    private void CheckVector(LoggedAction add, ParquetFooter footer, long version)
    {
        if (add.DeletionVector is { } vector)
        {
            var rows = DeltaDeletionVector.Read(files.Table, vector);
            findings.Require(rows.Count == 0 || rows[^1] < footer.Rows, "deletion-vector", version, $"{add.File}: row {rows.LastOrDefault()} of {footer.Rows}");
        }
    }

    private void CheckColumns(string path, ParquetFooter footer, DeltaMetadata metadata, DeltaState state, long version)
    {
        foreach (var node in footer.Root.Children)
        {
            var known = node.Name.StartsWith("_change_type", StringComparison.Ordinal) || node.Name.StartsWith("_row-", StringComparison.Ordinal) || metadata.Mapping != "none"
                || metadata.Schema.Fields.Any(f => string.Equals(f.Name, node.Name, StringComparison.OrdinalIgnoreCase));
            findings.Require(known, "file-column", version, $"{path} has a column {node.Name}, which the table has not");
        }

        foreach (var field in metadata.FileFields)
        {
            if (footer.Root.Find(field, metadata.Mapping) is { } node)
            {
                CheckColumn(path, node, field, metadata.Mapping, version);
            }
            else
            {
                findings.Require(metadata.Mapping != "id" || footer.Root.Children.Exists(static c => c.FieldId is not null), "file-field-id", version, $"{path} has no field ids");
            }
        }
    }

    private void CheckColumn(string path, ParquetNode node, DeltaField field, string mapping, long version)
    {
        if (mapping != "none")
        {
            findings.Require(node.FieldId == field.Id, "file-field-id", version, $"{path}: {node.Name} has field id {node.FieldId}, column {field.Name} has {field.Id}");
            findings.Require(node.Name == field.PhysicalName, "file-physical-name", version, $"{path}: {node.Name} is not the physical name of {field.Name}");
        }

        CheckType(path, node, field.Type, $"{field.Name}", mapping, version);
    }

    private void CheckType(string path, ParquetNode node, DeltaType type, string name, string mapping, long version)
    {
        switch (type.Kind)
        {
            case "struct":
                foreach (var field in type.Fields)
                {
                    if (node.Find(field, mapping) is { } child)
                    {
                        CheckColumn(path, child, field, mapping, version);
                    }
                }

                break;
            case "array" when node.Element is { } element:
                CheckType(path, element, type.Element!, name + ".element", mapping, version);
                break;
            case "map" when node is { Key: { } key, Value: { } value }:
                CheckType(path, key, type.Key!, name + ".key", mapping, version);
                CheckType(path, value, type.Element!, name + ".value", mapping, version);
                break;
            case "array" or "map":
                findings.Add("file-type", version, $"{path}: {name} is no {type.Kind}");
                break;
            default:
                var same = node.DuckType == type.Sql || (node.Physical == "INT96" && type.Kind.StartsWith("timestamp", StringComparison.Ordinal)) || type.Kind is "void" or "null";
                findings.Require(same, "file-type", version, $"{path}: {name} is {node.DuckType}, the table's is {type.Sql}");
                break;
        }
    }

    private void CheckConstraints(LoggedAction add, DeltaMetadata metadata, DeltaState state, long version)
    {
        var conditions = new List<(string Rule, string Name, string Sql)>();
        foreach (var field in metadata.Schema.Fields.Where(static f => !f.Nullable))
        {
            conditions.Add(("not-null", field.Name, $"{DeltaSql.Quote(field.Name)} IS NOT NULL"));
        }

        foreach (var (key, expression) in metadata.Configuration.Where(static c => c.Key.StartsWith("delta.constraints.", StringComparison.OrdinalIgnoreCase)))
        {
            conditions.Add(("constraint", key, expression!));
        }

        foreach (var field in metadata.Schema.Fields.Where(f => f.Metadata.TryGetProperty("delta.invariants", out _) && state.Supports("invariants")))
        {
            var invariant = System.Text.Json.JsonDocument.Parse(field.Metadata.GetProperty("delta.invariants").GetString()!).RootElement;
            conditions.Add(("constraint", field.Name, invariant.GetProperty("expression").GetProperty("expression").GetString()!));
        }

        if (conditions.Count == 0)
        {
            return;
        }

        var select = string.Join(", ", conditions.Select(static c => $"count(*) FILTER (({c.Sql}) IS NOT TRUE)"));
        var row = files.Query($"SELECT {select} FROM ({files.Rows(add, metadata)})")[0];
        for (var i = 0; i < conditions.Count; i++)
        {
            findings.Require((long)row[i]! == 0, conditions[i].Rule, version, $"{add.File}: {row[i]} rows break {conditions[i].Name}: {conditions[i].Sql}");
        }
    }
}
