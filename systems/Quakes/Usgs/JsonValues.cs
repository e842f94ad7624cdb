using System.Text.Json;

namespace Quakes.Usgs;

/// <summary>Typed reads of the value that a reader stands on; each leaves the reader on the value's last token.</summary>
internal static class JsonValues
{
    /// <summary>An integer, also where it is written as <c>12.0</c> or <c>1.2e1</c>.</summary>
    public static bool TryInteger(ref Utf8JsonReader reader, out long value)
    {
        value = 0;
        if (reader.TokenType != JsonTokenType.Number)
        {
            reader.Skip();
            return false;
        }

        if (reader.TryGetInt64(out value))
        {
            return true;
        }

        if (reader.TryGetDouble(out var number) && Math.Abs(number) < 9e15 && Math.Truncate(number) == number)
        {
            value = (long)number;
            return true;
        }

        return false;
    }

    public static bool TryFinite(ref Utf8JsonReader reader, out double value)
    {
        value = 0;
        if (reader.TokenType != JsonTokenType.Number)
        {
            reader.Skip();
            return false;
        }

        return reader.TryGetDouble(out value) && double.IsFinite(value);
    }

    public static string? StringOrNull(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }
}
