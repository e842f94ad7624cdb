using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// What a keyed table is made of, worked out once from its definition: how a row gives its key, its partition, its place in the order, and what the two tables' columns are.
/// </summary>
internal sealed class KeyedLayout<T>
{
    public const string ValidFrom = "valid_from";
    public const string ValidTo = "valid_to";

    private readonly Func<T, object?> _key;
    private readonly Func<T, object?>? _validFrom;
    private readonly Func<T, object?>? _partition;
    private readonly Grain _grain;

    public KeyedLayout(string name, KeyedTableDefinition<T> definition)
    {
        Mapping = RowMapping<T>.Instance;
        KeyColumn = Require(name, definition.KeyColumn, "Key(e => e.Id)");
        if (KeyColumn.Nullable || KeyColumn.Type is not PrimitiveType { Name: "string" or "long" or "integer" or "short" or "byte" })
        {
            throw TarnException.InvalidInput(
                $"The key of table {name} is text or a whole number, and never null.", $"{KeyColumn.Name}: {KeyColumn.Type}{(KeyColumn.Nullable ? ", can be null" : "")}");
        }

        if (definition.NewestColumns.Count == 0)
        {
            throw Missing(name, "Newest(e => e.Updated)");
        }

        Order = new VersionOrder<T>(Mapping, definition.NewestColumns);
        Getters = [.. Mapping.Schema.Columns.Select(c => Mapping.Getter(c.Name)!)];
        _key = Mapping.Getter(KeyColumn.Name)!;
        HasHistory = definition.HasHistory;
        var validFrom = definition.HasHistory ? FindValidFrom(name, definition) : null;
        _validFrom = validFrom is null ? null : Mapping.Getter(validFrom.Name);
        if (definition.PartitionColumn is { } partition)
        {
            _partition = Mapping.Getter(partition.Name);
            _grain = definition.PartitionGrain;
            Partition = PartitionOf(name, partition, _grain);
            PartitionBy = [Partition.Name];
        }

        var properties = new Dictionary<string, string>
        {
            ["tarn.key"] = KeyColumn.Name,
            ["tarn.newest"] = string.Join(",", definition.NewestColumns.Select(static c => c.Name)),
        };
        if (definition.EventTimeColumn is { } eventTime)
        {
            properties[EventTime.Property] = eventTime.Name;
        }

        Current = new TableDefinition(name, new TableSchema([.. Mapping.Schema.Columns, .. PartitionColumns()]))
        {
            PartitionBy = PartitionBy,
            Description = definition.Text ?? Mapping.Description,
            Properties = HasHistory ? new Dictionary<string, string>(properties) { ["tarn.history"] = name + "_history" } : properties,
        };
        History = validFrom is null ? null : new TableDefinition(name + "_history", new TableSchema([.. Mapping.Schema.Columns, .. HistoryColumns, .. PartitionColumns()]))
        {
            PartitionBy = PartitionBy,
            Description = $"Every version of {name}'s rows, with the interval in which it was what one knew.",
            Properties = new Dictionary<string, string>(properties) { ["tarn.history_of"] = name, ["tarn.valid_from"] = validFrom.Name },
        };
    }

    public RowMapping<T> Mapping { get; }

    /// <summary>The values of a row's columns, in order.</summary>
    public Func<T, object?>[] Getters { get; }

    public Column KeyColumn { get; }

    public VersionOrder<T> Order { get; }

    public bool HasHistory { get; }

    public Column? Partition { get; }

    public IReadOnlyList<string> PartitionBy { get; } = [];

    public TableDefinition Current { get; }

    public TableDefinition? History { get; }

    /// <summary>The columns that a history's files have after those of the rows.</summary>
    public static IReadOnlyList<Column> HistoryColumns { get; } =
    [
        new(ValidFrom, ColumnType.Timestamp, Description: "From when on the version was known."),
        new(ValidTo, ColumnType.Timestamp, Description: "When a newer version became known, this instant not included; null while none is."),
    ];

    /// <exception cref="TarnException">The key is null or empty.</exception>
    public string Key(T row) => _key(row) switch
    {
        string { Length: > 0 } text => text,
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        var other => throw new TarnException(ErrorKind.InvalidInput, $"A row of {Current.Name} has a key.", $"{KeyColumn.Name} is {(other is null ? "null" : "empty")}") { IsRowFault = true },
    };

    public DateTimeOffset? ValidFromOf(T row) => (DateTimeOffset?)_validFrom!(row);

    /// <summary>The partition column's value as text, or null.</summary>
    public string? PartitionOf(T row)
    {
        DateOnly? day = _partition?.Invoke(row) switch
        {
            DateTimeOffset instant => DateOnly.FromDateTime(instant.UtcDateTime),
            DateTime local => DateOnly.FromDateTime(local),
            DateOnly date => date,
            _ => null,
        };
        return day is { } known ? PartitionValue.Write(PartitionValue.Floor(known, _grain)) : null;
    }

    private static Column PartitionOf(string name, Column column, Grain grain)
    {
        if (column.Type != ColumnType.Timestamp && column.Type != ColumnType.TimestampNtz && column.Type != ColumnType.Date)
        {
            throw TarnException.InvalidInput($"Table {name} is kept apart by an instant or a day.", $"{column.Name}: {column.Type}");
        }

        var period = grain.ToString().ToLowerInvariant();
        return new Column($"{column.Name}_{period}", ColumnType.Date, Description: $"The {period} (UTC) in which {column.Name} lies, as its first day.");
    }

    private static Column FindValidFrom(string name, KeyedTableDefinition<T> definition)
    {
        var column = definition.ValidFromColumn ?? definition.NewestColumns.FirstOrDefault(static c => c.Type == ColumnType.Timestamp);
        return column?.Type == ColumnType.Timestamp
            ? column
            : throw TarnException.InvalidInput(
                $"The history of table {name} needs an instant from which a version was known.", column is null ? "none" : $"{column.Name}: {column.Type}", "Write History(e => e.Known).");
    }

    private static Column Require(string name, Column? column, string example) => column ?? throw Missing(name, example);

    private static TarnException Missing(string name, string example) =>
        TarnException.InvalidInput($"Table {name} needs a key, and columns that say which version is newer.", null, $"Add .{example}.");

    private Column[] PartitionColumns() => Partition is null ? [] : [Partition];
}
