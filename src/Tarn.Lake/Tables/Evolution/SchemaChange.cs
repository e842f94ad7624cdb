using System.Globalization;
using System.Text.Json.Nodes;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>A change of a table's columns, properties and protocol on its way to a commit.</summary>
internal sealed class SchemaChange
{
    public const string MaxColumnId = "delta.columnMapping.maxColumnId";
    public const string MappingMode = "delta.columnMapping.mode";
    private const string TypeChanges = "delta.typeChanges";

    private readonly string _table;
    private readonly IdSource _ids;
    private readonly LogState _state;
    private readonly Dictionary<string, string> _properties;
    private readonly HashSet<string> _features = new(StringComparer.Ordinal);
    private List<DeltaField> _fields;
    private bool _fieldsChanged;

    public SchemaChange(LakeTable table, LogState state)
        : this(table.Name, table.Owner.Ids, state)
    {
    }

    public SchemaChange(string table, IdSource ids, LogState state)
    {
        _table = table;
        _ids = ids;
        _state = state;
        _fields = [.. state.Fields.Fields];
        _properties = new Dictionary<string, string>(state.Metadata!.Configuration, StringComparer.Ordinal);
        Mapping = state.Mapping;
    }

    public IReadOnlyDictionary<string, string> Properties => _properties;

    public ColumnMapping Mapping { get; private set; }

    /// <summary>What is said of the table.</summary>
    public string? Description { get; init; }

    /// <summary>The partition columns' names; change only by renaming.</summary>
    private List<string>? PartitionColumns { get; set; }

    private bool Changed { get; set; }

    public IReadOnlyList<DeltaField> Fields => _fields;

    /// <summary>The actions that make the change; none where there is nothing to change.</summary>
    public List<DeltaAction> Actions()
    {
        var actions = new List<DeltaAction>();
        foreach (var feature in FeaturesOfTypes(_fields))
        {
            _features.Add(feature);
        }

        foreach (var feature in TableProperty.Features(_properties))
        {
            _features.Add(feature);
        }

        var protocol = TableProtocol.With(_state.Protocol!, _features);
        if (!ReferenceEquals(protocol, _state.Protocol))
        {
            actions.Add(protocol);
        }

        var description = Description ?? _state.Metadata!.Description;
        if (Changed || description != _state.Metadata!.Description)
        {
            actions.Add(_state.Metadata! with
            {
                Description = description,
                SchemaString = _fieldsChanged ? new DeltaSchema(_fields).ToJson() : _state.Metadata.SchemaString,
                Configuration = _properties,
                PartitionColumns = PartitionColumns ?? _state.Metadata!.PartitionColumns,
            });
        }

        return actions;
    }

    /// <summary>The state as it is after the change.</summary>
    public LogState Apply(IReadOnlyList<DeltaAction> actions) => actions.Count == 0 ? _state : _state.Apply(_state.Version, _state.Timestamp, actions);

    public void Feature(string feature) => _features.Add(feature);

    public void Set(string property, string? value)
    {
        if (_properties.GetValueOrDefault(property) == value)
        {
            return;
        }

        Changed = true;
        if (value is null)
        {
            _properties.Remove(property);
        }
        else
        {
            _properties[property] = value;
        }
    }

    public void Replace(IEnumerable<DeltaField> fields)
    {
        _fields = [.. fields];
        Changed = _fieldsChanged = true;
    }

    /// <summary>Adds a column at the end; rows that are there have no value for it.</summary>
    public void Add(Column column)
    {
        var field = DeltaField.Of(column with { Nullable = true });
        Replace([.. _fields, Mapping == ColumnMapping.None ? field : Mapped(field)]);
    }

    /// <summary>Gives a column another name.</summary>
    public void Rename(DeltaField field, string name)
    {
        PartitionColumns = [.. (PartitionColumns ?? _state.Metadata!.PartitionColumns).Select(p => string.Equals(p, field.Name, StringComparison.OrdinalIgnoreCase) ? name : p)];
        if (string.Equals(_properties.GetValueOrDefault(EventTime.Property), field.Name, StringComparison.OrdinalIgnoreCase))
        {
            _properties[EventTime.Property] = name;
        }

        Replace([.. _fields.Select(f => ReferenceEquals(f, field) ? f with { Name = name } : f)]);
    }

    /// <summary>Gives a column, and all within it, an id and a name in files, where it has none.</summary>
    /// <param name="field">The column.</param>
    /// <param name="keepName">Whether its name in files is its own: files have it under that already.</param>
    public DeltaField Mapped(DeltaField field, bool keepName = false)
    {
        var inner = field with { Type = Mapped(field.Type, keepName) };
        if (inner.Id is not null && DeltaField.MappedName(inner.Metadata) is not null)
        {
            return inner;
        }

        var id = 1 + (_properties.TryGetValue(MaxColumnId, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var max) ? max : HighestId(_fields));
        _properties[MaxColumnId] = id.ToString(CultureInfo.InvariantCulture);
        Changed = true;
        return inner.Mapped(id, keepName ? inner.PhysicalName : $"col-{_ids.NewGuid()}");
    }

    /// <summary>Widens a column's type, recording the change.</summary>
    /// <exception cref="TarnException">The type is not a wider one, or the table does not allow it.</exception>
    public void Widen(DeltaField field, ColumnType type)
    {
        if (!string.Equals(_properties.GetValueOrDefault("delta.enableTypeWidening"), "true", StringComparison.OrdinalIgnoreCase))
        {
            throw TarnException.InvalidInput(
                $"Column {field.Name} of table {_table} has type {field.Type.Logical}.", type.ToString(), "Convert the rows, or set delta.enableTypeWidening of the table to true.");
        }

        if (!TypeWidening.IsAllowed(field.Type.Logical, type))
        {
            throw TarnException.InvalidInput(
                $"Column {field.Name} of table {_table} has type {field.Type.Logical}, and becomes only one that holds all its values.", type.ToString(), "Convert the rows, or add a column.");
        }

        var metadata = (JsonObject)field.Metadata.DeepClone();
        var changes = metadata[TypeChanges] as JsonArray ?? [];
        changes.Add(new JsonObject { ["fromType"] = SchemaJson.Write(field.Type), ["toType"] = SchemaJson.Write(new DeltaPrimitive(type)) });
        metadata[TypeChanges] = changes;
        Feature(TableFeature.TypeWidening);
        Replace(_fields.Select(f => ReferenceEquals(f, field) ? f with { Type = new DeltaPrimitive(type), Metadata = metadata } : f));
    }

    private DeltaType Mapped(DeltaType type, bool keepName) => type switch
    {
        DeltaStruct nested => new DeltaStruct([.. nested.Fields.Select(f => Mapped(f, keepName))]),
        DeltaArray array => new DeltaArray(Mapped(array.Element, keepName), array.ContainsNull),
        DeltaMap map => new DeltaMap(Mapped(map.Key, keepName), Mapped(map.Value, keepName), map.ValueContainsNull),
        _ => type,
    };

    /// <summary>Sets a property as a user does, with the features that it asks for; null removes it.</summary>
    /// <exception cref="TarnException">The property is none that is set so, or not to that value.</exception>
    public void SetProperty(string name, string? value)
    {
        if (_properties.GetValueOrDefault(name) == value)
        {
            return;
        }

        if (name == MaxColumnId || name.StartsWith(TableConstraints.Property, StringComparison.OrdinalIgnoreCase))
        {
            throw TarnException.InvalidInput($"Property {name} of table {_table} is not set by itself.", value, name == MaxColumnId ? null : "Add or drop the constraint.");
        }

        if (name == MappingMode)
        {
            SetMapping(value);
            return;
        }

        EventTime.Check(_table, name, value, _fields);

        Set(name, value);
        foreach (var feature in string.Equals(value, "true", StringComparison.OrdinalIgnoreCase) ? FeaturesOf(name) : [])
        {
            Feature(feature);
        }
    }

    private static IEnumerable<string> FeaturesOf(string property) => property switch
    {
        DeletionVectors.Property => [TableFeature.DeletionVectors],
        ChangeData.Property => [TableFeature.ChangeDataFeed],
        "delta.enableTypeWidening" => [TableFeature.TypeWidening],
        "delta.appendOnly" => [TableFeature.AppendOnly],
        _ => [],
    };

    /// <summary>Turns column mapping on. Files that are there have the columns under their own names, which become those in files; ids they do not have.</summary>
    private void SetMapping(string? value)
    {
        var mapping = value switch { "name" => ColumnMapping.Name, "id" when _state.Files.Count == 0 => ColumnMapping.Id, _ => ColumnMapping.None };
        if (mapping == ColumnMapping.None || Mapping != ColumnMapping.None)
        {
            throw TarnException.InvalidInput(
                $"Column mapping of table {_table} is turned on by name, or while the table has no files by id, and never off.", value ?? "none", "Set delta.columnMapping.mode to name.");
        }

        Mapping = mapping;
        Set(MappingMode, value);
        Feature(TableFeature.ColumnMapping);
        Replace([.. _fields.Select(f => Mapped(f, keepName: _state.Files.Count > 0))]);
    }

    private static int HighestId(IEnumerable<DeltaField> fields) => fields.Select(static f => Math.Max(f.Id ?? 0, HighestId(f.Type))).DefaultIfEmpty(0).Max();

    private static int HighestId(DeltaType type) => type switch
    {
        DeltaStruct nested => HighestId(nested.Fields),
        DeltaArray array => HighestId(array.Element),
        DeltaMap map => Math.Max(HighestId(map.Key), HighestId(map.Value)),
        _ => 0,
    };

    /// <summary>The features that columns' types ask for.</summary>
    private static IEnumerable<string> FeaturesOfTypes(IEnumerable<DeltaField> fields) => fields.Any(static f => HoldsNtz(f.Type)) ? [TableFeature.TimestampNtz] : [];

    private static bool HoldsNtz(DeltaType type) => type switch
    {
        DeltaPrimitive primitive => primitive.Type == ColumnType.TimestampNtz,
        DeltaStruct nested => nested.Fields.Any(static f => HoldsNtz(f.Type)),
        DeltaArray array => HoldsNtz(array.Element),
        DeltaMap map => HoldsNtz(map.Key) || HoldsNtz(map.Value),
        _ => false,
    };
}
