using System.Text;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Names, texts and types as DuckDB's SQL writes them.</summary>
internal static class SqlNames
{
    /// <summary>A name in double quotes.</summary>
    internal static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text in single quotes.</summary>
    internal static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A text in SQL, whatever is in it: SQL itself ends at a NUL.</summary>
    internal static string AnyText(string text) =>
        text.Contains('\0', StringComparison.Ordinal) ? string.Join(" || chr(0) || ", text.Split('\0').Select(Text)) : Text(text);

    /// <summary>The pattern that only this path matches: paths to read are patterns to DuckDB.</summary>
    internal static string Pattern(string path)
    {
        if (path.AsSpan().IndexOfAny('*', '?', '[') < 0)
        {
            return path;
        }

        var escaped = new StringBuilder(path.Length + 8);
        foreach (var c in path)
        {
            _ = c is '*' or '?' or '[' ? escaped.Append('[').Append(c).Append(']') : escaped.Append(c);
        }

        return escaped.ToString();
    }

    /// <summary>A Delta type as DuckDB's type.</summary>
    internal static string Type(ColumnType type) => type switch
    {
        DecimalType(var precision, var scale) => $"DECIMAL({precision},{scale})",
        ArrayType array => $"{Type(array.Element)}[]",
        MapType map => $"MAP({Type(map.Key)}, {Type(map.Value)})",
        StructType nested => $"STRUCT({string.Join(", ", nested.Fields.Columns.Select(static c => $"{Quote(c.Name)} {Type(c.Type)}"))})",
        PrimitiveType { Name: var name } => name switch
        {
            "boolean" => "BOOLEAN",
            "byte" => "TINYINT",
            "short" => "SMALLINT",
            "integer" => "INTEGER",
            "long" => "BIGINT",
            "float" => "FLOAT",
            "double" => "DOUBLE",
            "string" => "VARCHAR",
            "binary" => "BLOB",
            "date" => "DATE",
            "timestamp" => "TIMESTAMP WITH TIME ZONE",
            "timestamp_ntz" => "TIMESTAMP",
            _ => throw Unsupported(name),
        },
        _ => throw Unsupported(type.ToString()),
    };

    /// <summary>DuckDB's type as the Delta type that holds all its values; a type that Delta does not have as text.</summary>
    internal static ColumnType FromDuckDb(DuckDbType type) => type.Id switch
    {
        DuckDbTypeId.Boolean => ColumnType.Boolean,
        DuckDbTypeId.TinyInt => ColumnType.Byte,
        DuckDbTypeId.SmallInt or DuckDbTypeId.UTinyInt => ColumnType.Short,
        DuckDbTypeId.Integer or DuckDbTypeId.USmallInt => ColumnType.Integer,
        DuckDbTypeId.BigInt or DuckDbTypeId.UInteger => ColumnType.Long,
        DuckDbTypeId.UBigInt => ColumnType.Decimal(20, 0),
        DuckDbTypeId.HugeInt or DuckDbTypeId.UHugeInt => ColumnType.Decimal(38, 0),
        DuckDbTypeId.Float => ColumnType.Float,
        DuckDbTypeId.Double => ColumnType.Double,
        DuckDbTypeId.Decimal => ColumnType.Decimal(type.Width, type.Scale),
        DuckDbTypeId.Blob => ColumnType.Binary,
        DuckDbTypeId.Date => ColumnType.Date,
        DuckDbTypeId.TimestampTz => ColumnType.Timestamp,
        DuckDbTypeId.Timestamp or DuckDbTypeId.TimestampSeconds or DuckDbTypeId.TimestampMilliseconds or DuckDbTypeId.TimestampNanoseconds => ColumnType.TimestampNtz,
        DuckDbTypeId.List or DuckDbTypeId.Array => new ArrayType(FromDuckDb(type.Children[0]), ContainsNull: true),
        DuckDbTypeId.Map => new MapType(FromDuckDb(type.Children[0]), FromDuckDb(type.Children[1]), ValueContainsNull: true),
        DuckDbTypeId.Struct => new StructType(new TableSchema(type.Names.Select((name, i) => new Column(name, FromDuckDb(type.Children[i]))))),
        _ => ColumnType.String,
    };

    private static TarnException Unsupported(string type) =>
        new(ErrorKind.Unsupported, "A column has one of Delta's types.", type, "This version does not read it.");
}
