using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.InteropServices;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// How the rows of a table are objects of a class or record: each public property that can be set, or that a constructor
/// sets, is a column, named in snake_case (<c>DepthKm</c> → <c>depth_km</c>) or by <see cref="ColumnNameAttribute"/>.
/// <c>DateTimeOffset</c> is an instant kept to the microsecond in UTC, <c>DateTime</c> a date and time without zone, enums are kept as
/// their names in snake_case, and a property that can be null is a nullable column. Made once per type; immutable.
/// </summary>
/// <typeparam name="T">The type of a row.</typeparam>
public sealed class RowMapping<T>
{
    private static readonly Lazy<RowMapping<T>> Shared = new(static () => new RowMapping<T>());

    private readonly MappedColumn<T>[] _columns;
    private readonly Lazy<ColumnWriter<T>[]> _writers;
    private readonly Lazy<Func<T, object?>[]> _getters;
    private readonly Lazy<Func<ColumnReader[], int, T>> _construct;

    private RowMapping()
    {
        var constructor = RowConstructor.Choose(typeof(T));
        var nullability = new NullabilityInfoContext();
        _columns = [.. typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.GetIndexParameters().Length == 0 && p.GetMethod is { IsPublic: true } && RowConstructor.CanSet(constructor, p))
            .Select(p => new MappedColumn<T>(p, nullability))];
        if (_columns.Length == 0)
        {
            throw TarnException.InvalidInput("A row has at least one public property that can be set.", typeof(T).Name);
        }

        Schema = new TableSchema(_columns.Select(static c => c.Column));
        Description = typeof(T).GetCustomAttribute<DescribeAttribute>()?.Text;
        _writers = new(() => Array.ConvertAll(_columns, static c => c.CreateWriter()));
        _getters = new(() => Array.ConvertAll(_columns, static c => c.CreateGetter()));
        _construct = new(() => RowConstructor.Compile(constructor, _columns));
    }

    /// <summary>The mapping of <typeparamref name="T"/>.</summary>
    /// <exception cref="TarnException">A property has a type that no column can have, two columns have one name, or no constructor fits.</exception>
    public static RowMapping<T> Instance => Shared.Value;

    /// <summary>The columns, in the order of the properties.</summary>
    public TableSchema Schema { get; }

    /// <summary>What <see cref="DescribeAttribute"/> says of the type, or null.</summary>
    public string? Description { get; }

    /// <summary>The column of the property that an expression such as <c>e => e.DepthKm</c> names.</summary>
    /// <exception cref="TarnException">The expression is not a property of the row, or the property is no column.</exception>
    public Column ColumnOf(LambdaExpression property)
    {
        var body = property.Body is UnaryExpression { NodeType: ExpressionType.Convert } convert ? convert.Operand : property.Body;
        if (body is MemberExpression { Member: PropertyInfo member, Expression: ParameterExpression })
        {
            foreach (var column in _columns)
            {
                if (column.Property.Name == member.Name)
                {
                    return column.Column;
                }
            }
        }

        throw TarnException.InvalidInput($"A column is chosen by one of {typeof(T).Name}'s properties, as in row => row.Id.", property.ToString());
    }

    /// <summary>The value of a property by its column's name, boxed; null where there is no such column.</summary>
    internal Func<T, object?>? Getter(string column) => Schema.IndexOf(column) is >= 0 and var index ? _getters.Value[index] : null;

    /// <summary>Appends rows to a table whose first columns are those of <see cref="Schema"/>, in order; <paramref name="rest"/> sets the others.</summary>
    /// <param name="appender">The table's.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="rest">Sets the columns after those of the rows, for the rows from a position on and so many; null where there are none.</param>
    internal void Append(DuckDbAppender appender, IReadOnlyList<T> rows, Action<DuckDbAppender, int, int>? rest = null)
    {
        var writers = _writers.Value;
        var buffer = rows is T[] or List<T> ? [] : new T[Math.Min(rows.Count, DuckDbChunk.Capacity)];
        for (var start = 0; start < rows.Count; start += DuckDbChunk.Capacity)
        {
            var count = Math.Min(rows.Count - start, DuckDbChunk.Capacity);
            var chunk = Slice(rows, start, count, buffer);
            for (var i = 0; i < writers.Length; i++)
            {
                writers[i].Write(chunk, appender.Column(i));
            }

            rest?.Invoke(appender, start, count);
            appender.Append(count);
        }
    }

    /// <summary>Makes a temporary table of the connection that holds the rows, replacing one of that name.</summary>
    internal RowBatch Load(DuckDbConnection connection, string table, IReadOnlyList<T> rows)
    {
        var columns = string.Join(", ", Schema.Columns.Select(static c => $"{SqlNames.Quote(c.Name)} {SqlNames.Type(c.Type)}"));
        connection.Execute($"CREATE OR REPLACE TEMP TABLE {SqlNames.Quote(table)} ({columns})");
        using var appender = connection.Append(table, "main", "temp");
        Append(appender, rows);
        appender.Flush();
        return new RowBatch(connection, table, rows.Count);
    }

    /// <summary>All rows of a result; columns are matched by name, more may be there, and one that is missing reads as null.</summary>
    /// <param name="result">The result, not yet read from.</param>
    /// <param name="also">Called with each chunk after its rows were read, for columns that T lacks.</param>
    internal List<T> Read(DuckDbResult result, Action<DuckDbChunk>? also = null)
    {
        var rows = new List<T>();
        var reader = new RowReader<T>(result.Columns, _columns, _construct.Value);
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                reader.Read(chunk, rows);
                also?.Invoke(chunk);
            }
        }

        return rows;
    }

    /// <summary>A reader of the chunks of one result.</summary>
    internal RowReader<T> CreateReader(IReadOnlyList<DuckDbColumn> columns) => new(columns, _columns, _construct.Value);

    private static ReadOnlySpan<T> Slice(IReadOnlyList<T> rows, int start, int count, T[] buffer)
    {
        switch (rows)
        {
            case T[] array:
                return array.AsSpan(start, count);
            case List<T> list:
                return CollectionsMarshal.AsSpan(list).Slice(start, count);
            default:
                for (var i = 0; i < count; i++)
                {
                    buffer[i] = rows[start + i];
                }

                return buffer.AsSpan(0, count);
        }
    }
}
