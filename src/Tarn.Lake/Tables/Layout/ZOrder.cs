using System.Globalization;
using System.Text;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// The order of a curve that winds through several columns (Morton, 1966): each column's values are told by the number of the range in which they lie, ranges of about equally many rows,
/// and the numbers' bits are interleaved. Works for every type that has an order.
/// </summary>
internal static class ZOrder
{
    public const int MostColumns = 8;

    /// <summary>Ranges a column has, a power of two.</summary>
    private const int Ranges = 1024;
    private const int Bits = 11;

    /// <summary>From how many rows the ranges are found.</summary>
    private const int Sample = 100_000;

    /// <exception cref="TarnException">A column is none of the table's, holds others, or partitions it.</exception>
    public static IReadOnlyList<DeltaField> Columns(string table, WriteLayout layout, IReadOnlyList<string> names)
    {
        if (names.Count > MostColumns)
        {
            throw TarnException.InvalidInput($"A Z-order is by {MostColumns} columns at most: with more, it helps none.", $"{names.Count}", "Choose those that queries ask for.");
        }

        return [.. names.Select(name =>
        {
            var field = layout.State.Fields.Find(name) ?? throw TarnException.NotFound($"Table {table} has no such column.", name);
            return field.Type is DeltaPrimitive && !layout.Partition.Contains(field)
                ? field
                : throw TarnException.InvalidInput($"A Z-order of table {table} is by columns without parts that do not partition it.", name, "Choose another column.");
        })];
    }

    /// <summary>The rows in that order: what may stand in FROM.</summary>
    public static string Sql(DuckDbConnection connection, string rows, IReadOnlyList<DeltaField> columns)
    {
        var ranges = string.Concat(columns.Select((c, i) => string.Create(CultureInfo.InvariantCulture, $", {Range(c, Bounds(connection, rows, c))} AS __range_{i}")));
        return $"SELECT * EXCLUDE ({string.Join(", ", columns.Select(static (_, i) => FormattableString.Invariant($"__range_{i}")))}) FROM (SELECT *{ranges} FROM ({rows})) ORDER BY {Interleaved(columns.Count)}";
    }

    /// <summary>The least values of the ranges after the first, as text.</summary>
    private static List<string> Bounds(DuckDbConnection connection, string rows, DeltaField column)
    {
        var name = SqlNames.Quote(column.Name);
        var quantiles = string.Join(", ", Enumerable.Range(1, Ranges - 1).Select(static i => (i / (double)Ranges).ToString(CultureInfo.InvariantCulture)));
        using var result = connection.Query(string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT DISTINCT CAST(bound AS VARCHAR) AS text, bound FROM (SELECT unnest(quantile_disc({name}, [{quantiles}])) AS bound FROM (SELECT {name} FROM ({rows}) USING SAMPLE reservoir({Sample} ROWS) REPEATABLE (1))) WHERE bound IS NOT NULL ORDER BY bound"));
        var bounds = new List<string>();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    bounds.Add(chunk.Column(0).GetString(i));
                }
            }
        }

        return bounds;
    }

    /// <summary>The number of a value's range, found by halves; null lies before all others.</summary>
    private static string Range(DeltaField column, List<string> bounds)
    {
        var (name, type) = (SqlNames.Quote(column.Name), SqlNames.Type(column.Type.Logical));
        var sql = new StringBuilder($"CASE WHEN {name} IS NULL THEN 0 ELSE ");
        Search(0, bounds.Count);
        return sql.Append(" END").ToString();

        void Search(int from, int to)
        {
            if (from == to)
            {
                sql.Append(CultureInfo.InvariantCulture, $"{from + 1}");
                return;
            }

            var middle = (from + to) / 2;
            sql.Append($"CASE WHEN {name} < CAST({SqlNames.Text(bounds[middle])} AS {type}) THEN ");
            Search(from, middle);
            sql.Append(" ELSE ");
            Search(middle + 1, to);
            sql.Append(" END");
        }
    }

    private static string Interleaved(int columns)
    {
        var type = columns * Bits < 63 ? "BIGINT" : "HUGEINT";
        var bits = from bit in Enumerable.Range(0, Bits)
                   from column in Enumerable.Range(0, columns)
                   select string.Create(CultureInfo.InvariantCulture, $"((CAST(__range_{column} AS {type}) >> {bit}) & 1) << {(bit * columns) + (columns - 1 - column)}");
        return string.Join(" | ", bits.Select(static b => $"({b})"));
    }
}
