namespace Tarn.Core;

/// <summary>
/// The type of a column, in Delta Lake's type system
/// (protocol specification, "Schema Serialization Format"). Types are values: two equal types are equal.
/// </summary>
public abstract record ColumnType
{
    private protected ColumnType() { }

    /// <summary>true or false.</summary>
    public static ColumnType Boolean { get; } = new PrimitiveType("boolean");

    /// <summary>8-bit signed integer.</summary>
    public static ColumnType Byte { get; } = new PrimitiveType("byte");

    /// <summary>16-bit signed integer.</summary>
    public static ColumnType Short { get; } = new PrimitiveType("short");

    /// <summary>32-bit signed integer.</summary>
    public static ColumnType Integer { get; } = new PrimitiveType("integer");

    /// <summary>64-bit signed integer.</summary>
    public static ColumnType Long { get; } = new PrimitiveType("long");

    /// <summary>IEEE 754 binary32.</summary>
    public static ColumnType Float { get; } = new PrimitiveType("float");

    /// <summary>IEEE 754 binary64.</summary>
    public static ColumnType Double { get; } = new PrimitiveType("double");

    /// <summary>UTF-8 text.</summary>
    public static ColumnType String { get; } = new PrimitiveType("string");

    /// <summary>Bytes.</summary>
    public static ColumnType Binary { get; } = new PrimitiveType("binary");

    /// <summary>A calendar day, without a time zone.</summary>
    public static ColumnType Date { get; } = new PrimitiveType("date");

    /// <summary>An instant, microseconds since the Unix epoch in UTC.</summary>
    public static ColumnType Timestamp { get; } = new PrimitiveType("timestamp");

    /// <summary>A date and time of day without a time zone, in microseconds.</summary>
    public static ColumnType TimestampNtz { get; } = new PrimitiveType("timestamp_ntz");

    /// <summary>A decimal of <paramref name="precision"/> digits (1–38), <paramref name="scale"/> of them after the point.</summary>
    /// <exception cref="TarnException">The precision or scale is out of range.</exception>
    public static ColumnType Decimal(int precision, int scale)
    {
        if (precision is < 1 or > 38 || scale < 0 || scale > precision)
        {
            throw TarnException.InvalidInput("A decimal's precision is 1 to 38 and its scale 0 to the precision.", $"decimal({precision},{scale})");
        }

        return new DecimalType(precision, scale);
    }
}

/// <summary>A type without parameters; <paramref name="Name"/> is Delta's name for it.</summary>
public sealed record PrimitiveType(string Name) : ColumnType
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A decimal with a fixed number of digits.</summary>
public sealed record DecimalType(int Precision, int Scale) : ColumnType
{
    /// <inheritdoc/>
    public override string ToString() => $"decimal({Precision},{Scale})";
}

/// <summary>A list of values of one type.</summary>
public sealed record ArrayType(ColumnType Element, bool ContainsNull) : ColumnType
{
    /// <inheritdoc/>
    public override string ToString() => $"array<{Element}>";
}

/// <summary>A map from keys, never null, to values.</summary>
public sealed record MapType(ColumnType Key, ColumnType Value, bool ValueContainsNull) : ColumnType
{
    /// <inheritdoc/>
    public override string ToString() => $"map<{Key},{Value}>";
}

/// <summary>A record of named fields.</summary>
public sealed record StructType(TableSchema Fields) : ColumnType
{
    /// <inheritdoc/>
    public override string ToString() => $"struct<{string.Join(",", Fields.Columns.Select(static c => $"{c.Name}:{c.Type}"))}>";
}
