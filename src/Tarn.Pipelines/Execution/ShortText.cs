namespace Tarn.Pipelines;

/// <summary>Text of others with a limit to its length.</summary>
internal static class ShortText
{
    /// <summary>The first so many UTF-16 units, no character halved, and a mark where that is not all.</summary>
    public static string Of(string text, int most, string mark) =>
        text.Length <= most ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[most - 1]) ? most - 1 : most), mark);
}
