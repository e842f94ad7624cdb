namespace Tarn.Serving;

/// <summary>
/// The hash by which keys are dealt to variants. It is not for secrets: who knows the salt can find keys for a variant. Its values are part of what an endpoint promises (a key keeps its
/// variant over restarts and upgrades), so they never change.
/// </summary>
internal static class RouteHash
{
    public const ulong VariantSeed = 0x7661_7269_616E_7473;
    public const ulong ShadowSeed = 0x7368_6164_6F77_7321;
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    /// <summary>The output function of SplitMix64 (Steele, Lea and Flood, 2014; the constants are Stafford's variant 13): a bijection in which each bit of the input flips each of the output with probability ½.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }

    /// <summary>The hash of a text: its length, then four UTF-16 code units at a time, each mixed into the state.</summary>
    public static ulong Of(ReadOnlySpan<char> text, ulong seed)
    {
        var hash = Mix(seed + ((ulong)text.Length * Golden));
        while (text.Length >= 4)
        {
            hash = Mix((hash ^ (text[0] | ((ulong)text[1] << 16) | ((ulong)text[2] << 32) | ((ulong)text[3] << 48))) + Golden);
            text = text[4..];
        }

        var rest = 0UL;
        for (var i = 0; i < text.Length; i++)
        {
            rest |= (ulong)text[i] << (16 * i);
        }

        return Mix((hash ^ rest) + Golden);
    }

    /// <summary>A number evenly in [0, 1), of the hash's upper 53 bits.</summary>
    public static double Unit(ulong hash) => (hash >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number evenly in (0, 1), whose logarithm is finite and not 0.</summary>
    public static double OpenUnit(ulong hash) => ((hash >> 12) + 0.5) * (1.0 / (1UL << 52));
}
