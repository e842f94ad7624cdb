using Tarn.Native;

namespace Tarn.Lake;

/// <summary>A list of a struct column's fields to select, each of the type wanted; a field that the file lacks is null.</summary>
internal sealed class FieldSelect(string column, IReadOnlyDictionary<string, DuckDbType> fields)
{
    private readonly List<string> _items = [];

    public string Sql => string.Join(", ", _items);

    public FieldSelect Take(string field, string type) => Add(fields.ContainsKey(field) ? $"c.{column}.\"{field}\"" : null, type);

    public FieldSelect Map(string field) => Add(fields.TryGetValue(field, out var type) && type.Id == DuckDbTypeId.Map ? $"c.{column}.\"{field}\"" : null, "MAP(VARCHAR, VARCHAR)");

    /// <summary>The fields of a struct within, texts first: what is not text is a number.</summary>
    public FieldSelect Within(string field, IReadOnlyList<string> names)
    {
        var within = fields.TryGetValue(field, out var type) && type.Id == DuckDbTypeId.Struct ? type.Names : [];
        for (var i = 0; i < names.Count; i++)
        {
            Add(within.Contains(names[i], StringComparer.OrdinalIgnoreCase) ? $"c.{column}.\"{field}\".\"{names[i]}\"" : null, i < 2 ? "VARCHAR" : "BIGINT");
        }

        return this;
    }

    private FieldSelect Add(string? expression, string type)
    {
        _items.Add($"CAST({expression ?? "NULL"} AS {type})");
        return this;
    }
}
