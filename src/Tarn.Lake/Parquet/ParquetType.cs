using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Parquet's physical types (parquet.thrift, enum Type).</summary>
internal enum ParquetPhysical
{
    Boolean = 0,
    Int32 = 1,
    Int64 = 2,
    Float = 4,
    Double = 5,
    ByteArray = 6,
    FixedLengthByteArray = 7,
}

/// <summary>How a column of a Delta type is kept in Parquet (protocol, "Data Files"; Parquet, "Logical Types"), as Spark does it.</summary>
internal static class ParquetType
{
    /// <summary>Bytes of a decimal of 19 to 38 digits.</summary>
    public const int LargeDecimal = 16;

    public static ParquetPhysical Physical(ColumnType type) => type switch
    {
        DecimalType { Precision: <= 9 } => ParquetPhysical.Int32,
        DecimalType { Precision: <= 18 } => ParquetPhysical.Int64,
        DecimalType => ParquetPhysical.FixedLengthByteArray,
        PrimitiveType { Name: var name } => name switch
        {
            "boolean" => ParquetPhysical.Boolean,
            "byte" or "short" or "integer" or "date" => ParquetPhysical.Int32,
            "long" or "timestamp" or "timestamp_ntz" => ParquetPhysical.Int64,
            "float" => ParquetPhysical.Float,
            "double" => ParquetPhysical.Double,
            "string" or "binary" => ParquetPhysical.ByteArray,
            _ => throw Unknown(type),
        },
        _ => throw Unknown(type),
    };

    /// <summary>Writes the column's SchemaElement: optional, with its logical type, and with the older converted type where there is one.</summary>
    /// <param name="thrift">Where to.</param>
    /// <param name="column">The column.</param>
    /// <param name="fieldId">Its field id, or null.</param>
    public static void WriteElement(ref ThriftWriter thrift, Column column, int? fieldId)
    {
        var physical = Physical(column.Type);
        thrift.BeginStruct();
        thrift.Field(1, (int)physical);
        if (physical == ParquetPhysical.FixedLengthByteArray)
        {
            thrift.Field(2, LargeDecimal);
        }

        const int optional = 1;
        thrift.Field(3, optional);
        thrift.Field(4, column.Name);
        switch (column.Type)
        {
            case DecimalType(var precision, var scale):
                thrift.Field(6, 5);
                thrift.Field(7, scale);
                thrift.Field(8, precision);
                Id(ref thrift, fieldId);
                thrift.BeginStruct(10);
                thrift.BeginStruct(5);
                thrift.Field(1, scale);
                thrift.Field(2, precision);
                thrift.EndStruct();
                thrift.EndStruct();
                break;
            case PrimitiveType { Name: "string" }:
                thrift.Field(6, 0);
                Logical(ref thrift, fieldId, 1);
                break;
            case PrimitiveType { Name: "date" }:
                thrift.Field(6, 6);
                Logical(ref thrift, fieldId, 6);
                break;
            case PrimitiveType { Name: "timestamp" }:
                thrift.Field(6, 10);
                Timestamp(ref thrift, fieldId, utc: true);
                break;
            case PrimitiveType { Name: "timestamp_ntz" }:
                Timestamp(ref thrift, fieldId, utc: false);
                break;
            case PrimitiveType { Name: "byte" }:
                thrift.Field(6, 15);
                Integer(ref thrift, fieldId, 8);
                break;
            case PrimitiveType { Name: "short" }:
                thrift.Field(6, 16);
                Integer(ref thrift, fieldId, 16);
                break;
            default:
                Id(ref thrift, fieldId);
                break;
        }

        thrift.EndStruct();
    }

    private static void Id(ref ThriftWriter thrift, int? fieldId)
    {
        if (fieldId is { } id)
        {
            thrift.Field(9, id);
        }
    }

    private static void Logical(ref ThriftWriter thrift, int? fieldId, short kind)
    {
        Id(ref thrift, fieldId);
        thrift.BeginStruct(10);
        thrift.EmptyStruct(kind);
        thrift.EndStruct();
    }

    private static void Timestamp(ref ThriftWriter thrift, int? fieldId, bool utc)
    {
        const short micros = 2;
        Id(ref thrift, fieldId);
        thrift.BeginStruct(10);
        thrift.BeginStruct(8);
        thrift.Field(1, utc);
        thrift.BeginStruct(2);
        thrift.EmptyStruct(micros);
        thrift.EndStruct();
        thrift.EndStruct();
        thrift.EndStruct();
    }

    private static void Integer(ref ThriftWriter thrift, int? fieldId, sbyte bits)
    {
        Id(ref thrift, fieldId);
        thrift.BeginStruct(10);
        thrift.BeginStruct(10);
        thrift.Field(1, bits);
        thrift.Field(2, true);
        thrift.EndStruct();
        thrift.EndStruct();
    }

    private static TarnException Unknown(ColumnType type) =>
        new(ErrorKind.Unsupported, "A row's column has a simple type.", type.ToString(), "Write such a column by SQL.");
}
