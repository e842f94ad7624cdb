namespace Tarn.Native;

/// <summary>A logical type, read once from DuckDB.</summary>
internal sealed class DuckDbType
{
    private DuckDbType(DuckDbTypeId id) => Id = id;

    internal DuckDbTypeId Id { get; }

    /// <summary>The name of a type that is another one under a name of its own, such as JSON (a VARCHAR), or null.</summary>
    internal string? Alias { get; private init; }

    /// <summary>Of a decimal: all digits.</summary>
    internal int Width { get; private init; }

    /// <summary>Of a decimal: the digits after the point.</summary>
    internal int Scale { get; private init; }

    /// <summary>Of an array: the number of elements of each value.</summary>
    internal int Size { get; private init; }

    /// <summary>Of a list, array, map (key, value), struct: the types within.</summary>
    internal IReadOnlyList<DuckDbType> Children { get; private init; } = [];

    /// <summary>Of a struct: the fields' names; of an enum: its values.</summary>
    internal IReadOnlyList<string> Names { get; private init; } = [];

    /// <summary>Reads and releases a logical type.</summary>
    internal static DuckDbType Take(nint type)
    {
        try
        {
            return Read(type);
        }
        finally
        {
            DuckDbApi.DestroyType(ref type);
        }
    }

    private static DuckDbType Read(nint type)
    {
        var id = (DuckDbTypeId)DuckDbApi.TypeId(type);
        return id switch
        {
            DuckDbTypeId.Decimal => new DuckDbType(id) { Width = DuckDbApi.DecimalWidth(type), Scale = DuckDbApi.DecimalScale(type) },
            DuckDbTypeId.List => new DuckDbType(id) { Children = [Take(DuckDbApi.ListChildType(type))] },
            DuckDbTypeId.Array => new DuckDbType(id) { Children = [Take(DuckDbApi.ArrayChildType(type))], Size = (int)DuckDbApi.ArraySize(type) },
            DuckDbTypeId.Map => new DuckDbType(id) { Children = [Take(DuckDbApi.MapKeyType(type)), Take(DuckDbApi.MapValueType(type))] },
            DuckDbTypeId.Struct => new DuckDbType(id)
            {
                Names = Many((int)DuckDbApi.StructCount(type), i => DuckDbText.Take(DuckDbApi.StructName(type, i))),
                Children = Many((int)DuckDbApi.StructCount(type), i => Take(DuckDbApi.StructType(type, i))),
            },
            DuckDbTypeId.Enum => new DuckDbType(id) { Names = Many((int)DuckDbApi.EnumSize(type), i => DuckDbText.Take(DuckDbApi.EnumValue(type, i))) },
            _ => new DuckDbType(id) { Alias = ReadAlias(type) },
        };
    }

    private static string? ReadAlias(nint type) => DuckDbApi.TypeAlias(type) is var alias and not 0 ? DuckDbText.Take(alias) : null;

    private static T[] Many<T>(int count, Func<ulong, T> read)
    {
        var all = new T[count];
        for (var i = 0; i < count; i++)
        {
            all[i] = read((ulong)i);
        }

        return all;
    }

    /// <inheritdoc/>
    public override string ToString() => Id switch
    {
        DuckDbTypeId.Decimal => $"DECIMAL({Width},{Scale})",
        DuckDbTypeId.List => $"{Children[0]}[]",
        DuckDbTypeId.Array => $"{Children[0]}[{Size}]",
        DuckDbTypeId.Map => $"MAP({Children[0]}, {Children[1]})",
        DuckDbTypeId.Struct => $"STRUCT({string.Join(", ", Names.Select((name, i) => $"{name} {Children[i]}"))})",
        _ => Alias ?? SqlName(Id),
    };

    private static string SqlName(DuckDbTypeId id) => id switch
    {
        DuckDbTypeId.TimestampTz => "TIMESTAMP WITH TIME ZONE",
        DuckDbTypeId.TimestampSeconds => "TIMESTAMP_S",
        DuckDbTypeId.TimestampMilliseconds => "TIMESTAMP_MS",
        DuckDbTypeId.TimestampNanoseconds => "TIMESTAMP_NS",
        DuckDbTypeId.TimeTz => "TIME WITH TIME ZONE",
        _ => id.ToString().ToUpperInvariant(),
    };
}

/// <summary>duckdb_type.</summary>
internal enum DuckDbTypeId
{
    Invalid = 0,
    Boolean = 1,
    TinyInt = 2,
    SmallInt = 3,
    Integer = 4,
    BigInt = 5,
    UTinyInt = 6,
    USmallInt = 7,
    UInteger = 8,
    UBigInt = 9,
    Float = 10,
    Double = 11,
    Timestamp = 12,
    Date = 13,
    Time = 14,
    Interval = 15,
    HugeInt = 16,
    Varchar = 17,
    Blob = 18,
    Decimal = 19,
    TimestampSeconds = 20,
    TimestampMilliseconds = 21,
    TimestampNanoseconds = 22,
    Enum = 23,
    List = 24,
    Struct = 25,
    Map = 26,
    Uuid = 27,
    Union = 28,
    Bit = 29,
    TimeTz = 30,
    TimestampTz = 31,
    UHugeInt = 32,
    Array = 33,
}
