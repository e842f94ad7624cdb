using System.Reflection;

namespace Tarn.Repository.Tests;

/// <summary>Describes what an assembly shows to its users, a sorted line for each type and member.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly HashSet<string> RecordNoise = ["ToString", "GetHashCode", "Equals", "PrintMembers", "<Clone>$", "op_Equality", "op_Inequality", "EqualityContract", "get_EqualityContract", "Deconstruct"];

    public static IReadOnlyList<string> Describe(Assembly assembly) =>
        [.. assembly.GetExportedTypes().SelectMany(Describe).Distinct().Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Describe(Type type)
    {
        var name = Name(type);
        yield return $"{name} : {Kind(type)}";
        if (type.IsEnum)
        {
            foreach (var value in Enum.GetNames(type))
            {
                yield return $"{name}.{value}";
            }

            yield break;
        }

        foreach (var member in type.GetMembers(Declared))
        {
            if (Line(member) is { } line && !RecordNoise.Contains(member.Name))
            {
                yield return $"{name}.{line}";
            }
        }
    }

    private static string? Line(MemberInfo member) => member switch
    {
        ConstructorInfo c when Seen(c) && !c.IsStatic => $"new({Parameters(c)})",
        MethodInfo m when Seen(m) && !m.IsSpecialName => $"{m.Name}{Generics(m)}({Parameters(m)}) -> {Name(m.ReturnType)}",
        PropertyInfo p when p.GetAccessors(true).Any(Seen) => $"{p.Name} {{ {(p.GetMethod is { } g && Seen(g) ? "get; " : "")}{(p.SetMethod is { } s && Seen(s) ? "set; " : "")}}} : {Name(p.PropertyType)}",
        FieldInfo f when f.IsPublic || f.IsFamily => $"{f.Name} : {Name(f.FieldType)}",
        EventInfo e when e.AddMethod is { } a && Seen(a) => $"event {e.Name} : {Name(e.EventHandlerType!)}",
        _ => null,
    };

    private static bool Seen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Generics(MethodInfo m) => m.IsGenericMethodDefinition ? $"<{string.Join(",", m.GetGenericArguments().Select(static t => t.Name))}>" : "";

    private static string Parameters(MethodBase m) => string.Join(", ", m.GetParameters().Select(static p => $"{Name(p.ParameterType)} {p.Name}{(p.IsOptional ? "?" : "")}"));

    private static string Kind(Type type) =>
        type.IsInterface ? "interface"
        : type.IsEnum ? "enum"
        : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
        : type.IsValueType ? "struct"
        : type.IsAbstract && type.IsSealed ? "static class"
        : type.IsAbstract ? "abstract class"
        : type.IsSealed ? "sealed class" : "class";

    private static string Name(Type type)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (type.IsByRef || type.IsArray)
        {
            return Name(type.GetElementType()!) + (type.IsByRef ? "&" : "[]");
        }

        var own = type.Name.Split('`')[0];
        var outer = type.DeclaringType is { } d ? Name(d) + "+" : type.Namespace is { } n && n.StartsWith("Tarn", StringComparison.Ordinal) ? n + "." : "";
        return type.IsGenericType ? $"{outer}{own}<{string.Join(",", type.GetGenericArguments().Select(Name))}>" : outer + own;
    }
}
