using System.Globalization;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Values of partition columns as text (protocol, "Partition Value Serialization"); null, and the empty text, are null.</summary>
internal static class PartitionValue
{
    /// <exception cref="TarnException">The value's type cannot be a partition column's.</exception>
    public static string? Write(object? value) => value switch
    {
        null or "" => null,
        string text => text,
        bool flag => flag ? "true" : "false",
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTimeOffset instant => instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        DateTime local => local.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        sbyte or short or int or long or decimal or float or double => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        Guid id => id.ToString(),
        Enum name => SnakeCase.From(name.ToString()),
        _ => throw TarnException.InvalidInput("A partition column's value is a simple one.", value.GetType().Name),
    };

    /// <summary>The first day of the period in which a day lies.</summary>
    public static DateOnly Floor(DateOnly day, Grain grain) => grain switch
    {
        Grain.Day => day,
        Grain.Month => new DateOnly(day.Year, day.Month, 1),
        Grain.Year => new DateOnly(day.Year, 1, 1),
        _ => throw new ArgumentOutOfRangeException(nameof(grain), grain, "Not a grain."),
    };
}
