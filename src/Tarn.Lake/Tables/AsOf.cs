using System.Globalization;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Which version of a table is meant: one by its number, or the one that was current at an instant.</summary>
public readonly record struct AsOf
{
    private AsOf(long? number, DateTimeOffset? instant)
    {
        Number = number;
        Instant = instant;
    }

    /// <summary>The version's number, or null where an instant is meant.</summary>
    public long? Number { get; }

    /// <summary>The instant, or null where a version's number is meant.</summary>
    public DateTimeOffset? Instant { get; }

    /// <summary>The version of that number.</summary>
    public static AsOf Version(long version) => new(version, null);

    /// <summary>The latest version committed at or before that instant.</summary>
    public static AsOf Time(DateTimeOffset instant) => new(null, instant);

    /// <summary>Reads a version's number, or an instant in ISO 8601 (UTC where no offset is given).</summary>
    /// <exception cref="TarnException">The text is neither.</exception>
    public static AsOf Parse(string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            return Version(version);
        }

        const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (text.Length >= 10 && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, styles, out var instant))
        {
            return Time(instant);
        }

        throw TarnException.InvalidInput("A version is meant by its number, or by an instant in ISO 8601.", text, "For example 12, or 2026-11-22T08:30:00Z.");
    }

    /// <inheritdoc/>
    public override string ToString() => Number is { } number
        ? number.ToString(CultureInfo.InvariantCulture)
        : Instant?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture) ?? "latest";
}
