using System.Globalization;
using System.Numerics;
using Tarn.Core;

namespace Tarn;

/// <summary>Rules of requests' parameters.</summary>
internal static class Require
{
    public static T Range<T>(string name, T value, T least, T most)
        where T : INumber<T> => value >= least && value <= most
        ? value
        : throw TarnException.InvalidInput(string.Create(CultureInfo.InvariantCulture, $"{name} is {least} to {most}."), string.Create(CultureInfo.InvariantCulture, $"{name}={value}"));

    public static T AtLeast<T>(string name, T value, T least)
        where T : INumber<T> => value >= least
        ? value
        : throw TarnException.InvalidInput(string.Create(CultureInfo.InvariantCulture, $"{name} is at least {least}."), string.Create(CultureInfo.InvariantCulture, $"{name}={value}"));

    /// <summary>The instant that a text says.</summary>
    public static DateTimeOffset Instant(string name, string text) =>
        Instants.TryParse(text, out var time) ? time : throw TarnException.InvalidInput($"{name} is a point in time. {Instants.Rule}", text);

    /// <summary>The instant that a text says; null where there is none.</summary>
    public static DateTimeOffset? OptionalInstant(string name, string? text) => string.IsNullOrEmpty(text) ? null : Instant(name, text);

    /// <summary>The day that a text says; null where there is none.</summary>
    public static DateOnly? OptionalDay(string name, string? text) => string.IsNullOrEmpty(text) ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
        : throw TarnException.InvalidInput($"{name} is a day, as in 2026-11-22.", text);

    /// <summary>The time zone of an id; null where there is none.</summary>
    public static TimeZoneInfo? OptionalZone(string name, string? text) => string.IsNullOrEmpty(text) ? null
        : TimeZoneInfo.TryFindSystemTimeZoneById(text, out var zone) ? zone
        : throw TarnException.InvalidInput($"{name} is the id of a time zone, as in Europe/Berlin.", text);
}
