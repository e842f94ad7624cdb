using System.Collections.Frozen;

namespace Tarn.Lake;

internal static class EmptyMap
{
    public static IReadOnlyDictionary<string, string> Strings { get; } = FrozenDictionary<string, string>.Empty;

    public static IReadOnlyDictionary<string, string?> NullableStrings { get; } = FrozenDictionary<string, string?>.Empty;
}
