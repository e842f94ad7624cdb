using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Which types a column's may be changed to (protocol, "Type Widening").</summary>
internal static class TypeWidening
{
    public static bool IsAllowed(ColumnType from, ColumnType to) => (from, to) switch
    {
        (PrimitiveType a, PrimitiveType { Name: "short" or "integer" or "long" } b) when Rank(a) > 0 => Rank(a) < Rank(b),
        (PrimitiveType { Name: "float" or "byte" or "short" or "integer" }, PrimitiveType { Name: "double" }) => true,
        (PrimitiveType { Name: "date" }, PrimitiveType { Name: "timestamp_ntz" }) => true,
        (DecimalType a, DecimalType b) => a != b && b.Scale >= a.Scale && b.Precision - a.Precision >= b.Scale - a.Scale,
        (PrimitiveType { Name: "byte" or "short" or "integer" }, DecimalType b) => b.Precision - 10 >= b.Scale,
        (PrimitiveType { Name: "long" }, DecimalType b) => b.Precision - 20 >= b.Scale,
        _ => false,
    };

    private static int Rank(PrimitiveType type) => type.Name switch { "byte" => 1, "short" => 2, "integer" => 3, "long" => 4, _ => 0 };
}
