using System.Globalization;
using System.Numerics;
using System.Text;
using Dapper;

namespace Tarn.Registry;

/// <summary>
/// A list of values for SQL's IN, a parameter each: what every metadata store understands. The list is filled up to a power of two by its last value, so that few texts of statements come of it.
/// </summary>
internal sealed class InList
{
    /// <summary>So many go into a list at most; longer ones are asked for in parts.</summary>
    public const int Most = 512;

    private InList(string sql, DynamicParameters values) => (Sql, Values) = (sql, values);

    /// <summary>The list, in brackets.</summary>
    public string Sql { get; }

    /// <summary>Its values, and what is added to them.</summary>
    public DynamicParameters Values { get; }

    /// <summary>Makes one of at least one value.</summary>
    public static InList Of<T>(IReadOnlyList<T> items, DynamicParameters? values = null)
    {
        values ??= new DynamicParameters();
        var sql = new StringBuilder("(");
        var count = (int)BitOperations.RoundUpToPowerOf2((uint)items.Count);
        for (var i = 0; i < count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"in{i}");
            values.Add(name, items[Math.Min(i, items.Count - 1)]);
            sql.Append(i == 0 ? "@" : ", @").Append(name);
        }

        return new InList(sql.Append(')').ToString(), values);
    }

    /// <summary>Adds another value of the statement.</summary>
    public InList With(string name, object? value)
    {
        Values.Add(name, value);
        return this;
    }
}
