using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Finds how a row is made (a record's constructor, or an empty one and setters) and compiles it.</summary>
internal static class RowConstructor
{
    /// <summary>The public constructor with the most parameters, all of which are properties; null for a struct without one.</summary>
    internal static ConstructorInfo? Choose(Type type)
    {
        var constructor = type.GetConstructors()
            .Where(c => c.GetParameters().All(p => Find(type, p.Name!) is { } property && property.PropertyType == p.ParameterType))
            .MaxBy(static c => c.GetParameters().Length);
        if (constructor is null && !type.IsValueType)
        {
            throw TarnException.InvalidInput(
                "A row's type has a public constructor whose parameters are its properties, or one without parameters.", type.Name, "Make it a record, or give it such a constructor.");
        }

        return constructor;
    }

    internal static bool CanSet(ConstructorInfo? constructor, PropertyInfo property) =>
        property.SetMethod is { IsPublic: true } || IsParameter(constructor, property);

    /// <summary>Compiles what makes a row from the loaded readers, one per column, and the row's place in the chunk.</summary>
    internal static Func<ColumnReader[], int, T> Compile<T>(ConstructorInfo? constructor, MappedColumn<T>[] columns)
    {
        var readers = Expression.Parameter(typeof(ColumnReader[]), "readers");
        var row = Expression.Parameter(typeof(int), "row");
        var values = columns
            .Select((column, i) => (column.Property, Value: Value(readers, i, row, column.Property.PropertyType)))
            .ToDictionary(static p => p.Property.Name, StringComparer.OrdinalIgnoreCase);
        var made = constructor is null
            ? Expression.New(typeof(T))
            : Expression.New(constructor, constructor.GetParameters().Select(p => values[p.Name!].Value));
        var set = values.Values.Where(v => !IsParameter(constructor, v.Property)).Select(static v => Expression.Bind(v.Property, v.Value));
        return Expression.Lambda<Func<ColumnReader[], int, T>>(Expression.MemberInit(made, set), readers, row).Compile();
    }

    private static bool IsParameter(ConstructorInfo? constructor, PropertyInfo property) =>
        constructor?.GetParameters().Any(p => string.Equals(p.Name, property.Name, StringComparison.OrdinalIgnoreCase)) == true;

    private static PropertyInfo? Find(Type type, string name) =>
        type.GetProperty(name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);

    private static IndexExpression Value(ParameterExpression readers, int column, ParameterExpression row, Type type)
    {
        var typed = typeof(ColumnReader<>).MakeGenericType(type);
        var reader = Expression.Call(typeof(Unsafe), nameof(Unsafe.As), [typed], Expression.ArrayIndex(readers, Expression.Constant(column)));
        return Expression.ArrayAccess(Expression.Field(reader, nameof(ColumnReader<int>.Values)), row);
    }
}
