using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Adds to a table what the columns of a source have beyond its own.</summary>
internal static class SchemaMerge
{
    public static void Run(SchemaChange change, IReadOnlyList<DuckDbColumn> columns)
    {
        foreach (var column in columns)
        {
            var type = SqlNames.FromDuckDb(column.Type);
            if (change.Fields.FirstOrDefault(f => string.Equals(f.Name, column.Name, StringComparison.OrdinalIgnoreCase)) is not { } field)
            {
                change.Add(new Column(column.Name, type));
            }
            else if (TypeWidening.IsAllowed(field.Type.Logical, type) && CanWiden(change))
            {
                change.Widen(field, type);
            }
        }
    }

    private static bool CanWiden(SchemaChange change) =>
        string.Equals(change.Properties.GetValueOrDefault("delta.enableTypeWidening"), "true", StringComparison.OrdinalIgnoreCase);
}
