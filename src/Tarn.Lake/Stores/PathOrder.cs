namespace Tarn.Lake;

/// <summary>
/// The order of listings: that of the paths' UTF-8 bytes, as S3 has it. It differs from the ordinal order of .NET, by UTF-16 units, only where a character
/// beyond U+FFFF (two surrogates) meets one of U+E000 to U+FFFF.
/// </summary>
internal static class PathOrder
{
    public static int Compare(string a, string b)
    {
        var same = a.AsSpan().CommonPrefixLength(b);
        return same == a.Length || same == b.Length ? a.Length.CompareTo(b.Length) : Rank(a[same]).CompareTo(Rank(b[same]));
    }

    // Surrogates (U+D800 to U+DFFF) go above everything else.
    private static int Rank(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
}
