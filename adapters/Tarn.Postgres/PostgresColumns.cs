using System.Linq.Expressions;
using System.Reflection;
using NpgsqlTypes;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Postgres;

/// <summary>The columns of a row's class: name, PostgreSQL type, and how a value gets there. Names and order are those of the lake's mapping.</summary>
internal sealed class PostgresColumns<TRow>
{
    private PostgresColumns(IReadOnlyList<PostgresColumn<TRow>> columns) => All = columns;

    public static PostgresColumns<TRow> Instance { get; } = Create();

    public IReadOnlyList<PostgresColumn<TRow>> All { get; }

    public PostgresColumn<TRow> Get(string name) =>
        All.FirstOrDefault(c => c.Name == name)
        ?? throw TarnException.InvalidInput($"A column of the key and of the order is one of {typeof(TRow).Name}'s.", name, $"There are: {string.Join(", ", All.Select(static c => c.Name))}.");

    private static PostgresColumns<TRow> Create()
    {
        var mapping = RowMapping<TRow>.Instance;
        var columns = new List<PostgresColumn<TRow>>();
        var row = Expression.Parameter(typeof(TRow), "row");
        foreach (var property in typeof(TRow).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetIndexParameters().Length > 0)
            {
                continue;
            }

            var value = Expression.Property(row, property);
            if (TryColumnOf(mapping, Expression.Lambda(value, row)) is { } column)
            {
                var get = Expression.Lambda<Func<TRow, object?>>(Expression.Convert(value, typeof(object)), row).Compile();
                columns.Add(PostgresColumn<TRow>.Of(column, get));
            }
        }

        return new PostgresColumns<TRow>(columns);
    }

    /// <summary>A property that cannot be set is no column, and the mapping says so by refusing it.</summary>
    private static Column? TryColumnOf(RowMapping<TRow> mapping, LambdaExpression property)
    {
        try
        {
            return mapping.ColumnOf(property);
        }
        catch (TarnException)
        {
            return null;
        }
    }
}

/// <summary>One column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="SqlType">Its type as <c>CREATE TABLE</c> writes it.</param>
/// <param name="CatalogType">The same as the database's catalogue (format_type) writes it.</param>
/// <param name="Type">The same for binary COPY.</param>
/// <param name="Nullable">Whether a value may be absent.</param>
/// <param name="Description">What it means, or null.</param>
/// <param name="Get">Its value of a row, in a type that the driver takes for it.</param>
internal sealed record PostgresColumn<TRow>(
    string Name, string SqlType, string CatalogType, NpgsqlDbType Type, bool Nullable, string? Description, Func<TRow, object?> Get)
{
    public static PostgresColumn<TRow> Of(Column column, Func<TRow, object?> get)
    {
        Func<object?, object?> same = static v => v;
        (string sql, NpgsqlDbType type, Func<object?, object?> convert) = column.Type switch
        {
            DecimalType d => ($"numeric({d.Precision},{d.Scale})", NpgsqlDbType.Numeric, same),
            PrimitiveType { Name: "boolean" } => ("boolean", NpgsqlDbType.Boolean, same),
            PrimitiveType { Name: "byte" } => ("smallint", NpgsqlDbType.Smallint, (Func<object?, object?>)(static v => v is null ? null : Convert.ToInt16(v))),
            PrimitiveType { Name: "short" } => ("smallint", NpgsqlDbType.Smallint, same),
            PrimitiveType { Name: "integer" } => ("integer", NpgsqlDbType.Integer, same),
            PrimitiveType { Name: "long" } => ("bigint", NpgsqlDbType.Bigint, same),
            PrimitiveType { Name: "float" } => ("real", NpgsqlDbType.Real, same),
            PrimitiveType { Name: "double" } => ("double precision", NpgsqlDbType.Double, same),
            PrimitiveType { Name: "binary" } => ("bytea", NpgsqlDbType.Bytea, same),
            PrimitiveType { Name: "date" } => ("date", NpgsqlDbType.Date, same),
            PrimitiveType { Name: "timestamp" } => ("timestamp with time zone", NpgsqlDbType.TimestampTz, (Func<object?, object?>)(static v => v is DateTimeOffset t ? t.UtcDateTime : v)),
            PrimitiveType { Name: "timestamp_ntz" } => ("timestamp without time zone", NpgsqlDbType.Timestamp, (Func<object?, object?>)(static v => v is DateTime t ? DateTime.SpecifyKind(t, DateTimeKind.Unspecified) : v)),
            PrimitiveType { Name: "string" } => ("text", NpgsqlDbType.Text, (Func<object?, object?>)Text),
            _ => throw TarnException.InvalidInput("A column of this type cannot be written to PostgreSQL.", $"{column.Name} {column.Type}"),
        };
        return new PostgresColumn<TRow>(column.Name, sql, sql, type, column.Nullable, column.Description, row => convert(get(row)));
    }

    /// <summary>PostgreSQL's text has no NUL (U+0000); it is kept as the replacement character.</summary>
    private static object? Text(object? value) => value switch
    {
        null => null,
        string text => text.Contains('\0', StringComparison.Ordinal) ? text.Replace('\0', '\uFFFD') : text,
        Enum => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()!),
        _ => value.ToString(),
    };
}
