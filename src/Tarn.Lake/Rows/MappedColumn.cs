using System.Linq.Expressions;
using System.Reflection;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>A property and its column.</summary>
internal sealed class MappedColumn<T>
{
    private static readonly Dictionary<Type, Type> Codecs = new()
    {
        [typeof(bool)] = typeof(BooleanCodec),
        [typeof(sbyte)] = typeof(SByteCodec),
        [typeof(short)] = typeof(ShortCodec),
        [typeof(int)] = typeof(IntegerCodec),
        [typeof(long)] = typeof(LongCodec),
        [typeof(float)] = typeof(FloatCodec),
        [typeof(double)] = typeof(DoubleCodec),
        [typeof(decimal)] = typeof(DecimalCodec),
        [typeof(DateOnly)] = typeof(DateCodec),
        [typeof(DateTimeOffset)] = typeof(InstantCodec),
        [typeof(DateTime)] = typeof(DateTimeCodec),
        [typeof(string)] = typeof(StringCodec),
        [typeof(byte[])] = typeof(BytesCodec),
        [typeof(Guid)] = typeof(GuidCodec),
    };

    private readonly Type _codec;
    private readonly Type _value;

    internal MappedColumn(PropertyInfo property, NullabilityInfoContext nullability)
    {
        Property = property;
        _value = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        _codec = _value.IsEnum ? typeof(EnumCodec<>).MakeGenericType(_value) : Codecs.GetValueOrDefault(_value)
            ?? throw TarnException.InvalidInput(
                $"A row's property is bool, sbyte, short, int, long, float, double, decimal, string, byte[], DateOnly, DateTime, DateTimeOffset, Guid, an enum, or one of these nullable.",
                $"{typeof(T).Name}.{property.Name} is {property.PropertyType.Name}",
                "Convert it, or make it a property that cannot be set, which is no column.");
        var nullable = _value.IsValueType
            ? Nullable.GetUnderlyingType(property.PropertyType) is not null
            : nullability.Create(property).ReadState != NullabilityState.NotNull;
        var type = property.GetCustomAttribute<DecimalDigitsAttribute>() is { } digits && _value == typeof(decimal)
            ? ColumnType.Decimal(digits.Precision, digits.Scale)
            : (ColumnType)_codec.GetProperty(nameof(BooleanCodec.Type), BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
        var name = property.GetCustomAttribute<ColumnNameAttribute>()?.Name ?? SnakeCase.From(property.Name);
        Column = new Column(name, type, nullable, property.GetCustomAttribute<DescribeAttribute>()?.Text);
    }

    internal PropertyInfo Property { get; }

    internal Column Column { get; }

    internal Func<T, object?> CreateGetter()
    {
        var row = Expression.Parameter(typeof(T), "row");
        return Expression.Lambda<Func<T, object?>>(Expression.Convert(Expression.Property(row, Property), typeof(object)), row).Compile();
    }

    internal ColumnWriter<T> CreateWriter()
    {
        var row = Expression.Parameter(typeof(T), "row");
        var get = Expression.Lambda(Expression.Property(row, Property), row).Compile();
        return !_value.IsValueType
            ? Create<ColumnWriter<T>>(typeof(ReferenceWriter<,,>), [typeof(T), _value, _codec], Column.Name, Column.Nullable, get)
            : Create<ColumnWriter<T>>(Column.Nullable ? typeof(NullableWriter<,,>) : typeof(ValueWriter<,,>), [typeof(T), _value, _codec], get);
    }

    internal ColumnReader CreateReader() => !_value.IsValueType
        ? Create<ColumnReader>(typeof(ReferenceReader<,>), [_value, _codec], Column.Name, Column.Nullable)
        : Create<ColumnReader>(Column.Nullable ? typeof(NullableReader<,>) : typeof(ValueReader<,>), [_value, _codec], Column.Name);

    private static TMade Create<TMade>(Type definition, Type[] types, params object[] arguments) =>
        (TMade)Activator.CreateInstance(definition.MakeGenericType(types), arguments)!;
}
