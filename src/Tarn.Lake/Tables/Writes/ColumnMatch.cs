using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Fits the columns of a source to those of a table: by name without regard to case, converting values only where none can change by it.</summary>
internal static class ColumnMatch
{
    /// <summary>The SELECT of the table's columns, in their order, from a source. What the source lacks is null.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="fields">The table's columns.</param>
    /// <param name="source">The source's SELECT.</param>
    /// <param name="columns">The source's columns.</param>
    /// <exception cref="TarnException">The source has a column that the table lacks, or one whose values do not fit.</exception>
    public static string Select(string table, DeltaSchema fields, string source, IReadOnlyList<DuckDbColumn> columns)
    {
        foreach (var column in columns)
        {
            if (fields.Find(column.Name) is null)
            {
                throw TarnException.InvalidInput(
                    $"The rows have a column that table {table} lacks.", column.Name, "Leave it out, or let the write add it by WriteOptions.MergeSchema.");
            }
        }

        if (columns.GroupBy(static c => c.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(static g => g.Count() > 1) is { } twice)
        {
            throw TarnException.InvalidInput("The columns of rows have each a name of their own, without regard to case.", twice.Key, "Rename one of them.");
        }

        return $"SELECT {string.Join(", ", fields.Fields.Select(f => $"{Value(table, f, columns, "s")} AS {SqlNames.Quote(f.Name)}"))} FROM ({source}\n) s";
    }

    /// <summary>A source's value for a column of the table; null where the source lacks it.</summary>
    public static string Value(string table, DeltaField field, IReadOnlyList<DuckDbColumn> columns, string alias)
    {
        var column = columns.FirstOrDefault(c => string.Equals(c.Name, field.Name, StringComparison.OrdinalIgnoreCase));
        return column is null
            ? $"CAST(NULL AS {SqlNames.Type(field.Type.Logical)})"
            : Convert($"{alias}.{SqlNames.Quote(column.Name)}", column.Type, field.Type.Logical, table, field.Name, 0);
    }

    /// <summary>A value as one of another type.</summary>
    /// <exception cref="TarnException">Values could change by it.</exception>
    public static string Convert(string value, DuckDbType from, ColumnType to, string table, string path, int depth)
    {
        if (IsSame(from, to))
        {
            return value;
        }

        var item = FormattableString.Invariant($"part{depth}");
        return (from.Id, to) switch
        {
            (DuckDbTypeId.Struct, StructType nested) => Struct(value, from, nested, table, path, depth),
            (DuckDbTypeId.List or DuckDbTypeId.Array, ArrayType list) =>
                $"list_transform({value}, lambda {item}: {Convert(item, from.Children[0], list.Element, table, path + ".element", depth + 1)})",
            (DuckDbTypeId.Map, MapType map) =>
                $"CASE WHEN {value} IS NULL THEN NULL ELSE map_from_entries(list_transform(map_entries({value}), lambda {item}: struct_pack(k := {Convert(item + ".key", from.Children[0], map.Key, table, path + ".key", depth + 1)}, v := {Convert(item + ".value", from.Children[1], map.Value, table, path + ".value", depth + 1)}))) END",
            _ when IsSafe(from, to) => $"CAST({value} AS {SqlNames.Type(to)})",
            _ => throw TarnException.InvalidInput(
                $"Column {path} of table {table} has type {to}, and values of another are converted only where none changes by it.", from.ToString(), $"Cast it to {SqlNames.Type(to)}."),
        };
    }

    private static string Struct(string value, DuckDbType from, StructType to, string table, string path, int depth)
    {
        foreach (var name in from.Names)
        {
            if (to.Fields.Find(name) is null)
            {
                throw TarnException.InvalidInput($"The rows have a field that column {path} of table {table} lacks.", name, "Leave it out.");
            }
        }

        var fields = to.Fields.Columns.Select(f =>
        {
            var index = from.Names.ToList().FindIndex(n => string.Equals(n, f.Name, StringComparison.OrdinalIgnoreCase));
            var part = index < 0
                ? $"CAST(NULL AS {SqlNames.Type(f.Type)})"
                : Convert($"struct_extract({value}, {SqlNames.Text(from.Names[index])})", from.Children[index], f.Type, table, $"{path}.{f.Name}", depth);
            return $"{SqlNames.Quote(f.Name)} := {part}";
        });
        return $"CASE WHEN {value} IS NULL THEN NULL ELSE struct_pack({string.Join(", ", fields)}) END";
    }

    /// <summary>Whether DuckDB's type is the column's, names and their order within it included.</summary>
    private static bool IsSame(DuckDbType from, ColumnType to) => (from.Id, to) switch
    {
        (DuckDbTypeId.Struct, StructType nested) => from.Names.SequenceEqual(nested.Fields.Columns.Select(static c => c.Name), StringComparer.Ordinal)
            && from.Children.Zip(nested.Fields.Columns).All(static p => IsSame(p.First, p.Second.Type)),
        (DuckDbTypeId.List, ArrayType list) => IsSame(from.Children[0], list.Element),
        (DuckDbTypeId.Map, MapType map) => IsSame(from.Children[0], map.Key) && IsSame(from.Children[1], map.Value),
        (_, PrimitiveType or DecimalType) => from.ToString() == SqlNames.Type(to),
        _ => false,
    };

    /// <summary>Whether a conversion keeps every value, or fails where it would not.</summary>
    private static bool IsSafe(DuckDbType from, ColumnType to) => (from.Id, to) switch
    {
        (_, PrimitiveType { Name: "string" }) => from.Id is not (DuckDbTypeId.Blob or DuckDbTypeId.List or DuckDbTypeId.Array or DuckDbTypeId.Struct or DuckDbTypeId.Map),
        _ when IsInteger(from.Id) => to switch
        {
            PrimitiveType { Name: "byte" or "short" or "integer" or "long" } or DecimalType => true,
            PrimitiveType { Name: "double" } => from.Id is not (DuckDbTypeId.BigInt or DuckDbTypeId.UBigInt or DuckDbTypeId.HugeInt or DuckDbTypeId.UHugeInt),
            PrimitiveType { Name: "float" } => from.Id is DuckDbTypeId.TinyInt or DuckDbTypeId.SmallInt or DuckDbTypeId.UTinyInt or DuckDbTypeId.USmallInt,
            _ => false,
        },
        (DuckDbTypeId.Decimal, DecimalType(_, var scale)) => from.Scale <= scale,
        (DuckDbTypeId.Decimal, PrimitiveType { Name: "double" }) => from.Width <= 15,
        (DuckDbTypeId.Float, PrimitiveType { Name: "double" }) => true,
        (DuckDbTypeId.Date, PrimitiveType { Name: "timestamp_ntz" }) => true,
        (DuckDbTypeId.Varchar, PrimitiveType { Name: "binary" }) => false,
        (DuckDbTypeId.TimestampSeconds or DuckDbTypeId.TimestampMilliseconds or DuckDbTypeId.Timestamp, PrimitiveType { Name: "timestamp_ntz" }) => true,
        (DuckDbTypeId.TimestampNanoseconds, _) => false,
        _ => SqlNames.FromDuckDb(from) == to,
    };

    private static bool IsInteger(DuckDbTypeId id) => id is DuckDbTypeId.TinyInt or DuckDbTypeId.SmallInt or DuckDbTypeId.Integer or DuckDbTypeId.BigInt
        or DuckDbTypeId.UTinyInt or DuckDbTypeId.USmallInt or DuckDbTypeId.UInteger or DuckDbTypeId.UBigInt or DuckDbTypeId.HugeInt or DuckDbTypeId.UHugeInt;
}
