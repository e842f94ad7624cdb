using System.Globalization;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>A value in a query that must be known before its tables are: a literal, or a parameter.</summary>
/// <param name="Parameter">The parameter's name, or null for a literal.</param>
/// <param name="Literal">The literal's text; of a number, its digits.</param>
/// <param name="Place">Where it stands in the query, for errors.</param>
internal sealed record SqlArgument(string? Parameter, string? Literal, int Place)
{
    /// <summary>As a text.</summary>
    /// <exception cref="TarnException">The parameter has no value, or one that is not a text.</exception>
    public string Text(string what, IReadOnlyDictionary<string, object?> parameters) => Parameter is null ? Literal!
        : Value(parameters) is string text ? text
        : throw TarnException.InvalidInput($"{what} is a text.", $"${Parameter}", "Give the parameter a text.");

    /// <summary>As a version's number.</summary>
    /// <exception cref="TarnException">It is none.</exception>
    public AsOf Version(IReadOnlyDictionary<string, object?> parameters)
    {
        var text = Parameter is null ? Literal! : Convert.ToString(Value(parameters), CultureInfo.InvariantCulture) ?? "";
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? AsOf.Version(version)
            : throw TarnException.InvalidInput("A version is a number, 0 or more.", text, "For example VERSION AS OF 12.");
    }

    /// <summary>As an instant: a text in ISO 8601 (UTC where no offset is given).</summary>
    /// <exception cref="TarnException">It is none.</exception>
    public AsOf Instant(IReadOnlyDictionary<string, object?> parameters) => (Parameter is null ? Literal : Value(parameters)) switch
    {
        DateTimeOffset instant => AsOf.Time(instant),
        DateTime local => AsOf.Time(new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Utc))),
        DateOnly day => AsOf.Time(new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc))),
        string text when Parse(text) is { Instant: not null } parsed => parsed,
        var other => throw TarnException.InvalidInput(
            "A timestamp is an instant in ISO 8601.", Convert.ToString(other, CultureInfo.InvariantCulture), "For example TIMESTAMP AS OF '2026-11-22T08:30:00Z'."),
    };

    /// <summary>As a version's number or an instant, whichever it is.</summary>
    /// <exception cref="TarnException">It is neither.</exception>
    public AsOf VersionOrInstant(IReadOnlyDictionary<string, object?> parameters) => (Parameter is null ? Literal : Value(parameters)) switch
    {
        string text when !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) => Instant(parameters),
        DateTimeOffset or DateTime or DateOnly => Instant(parameters),
        _ => Version(parameters),
    };

    private static AsOf? Parse(string text)
    {
        const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return text.Length >= 10 && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, styles, out var instant) ? AsOf.Time(instant) : null;
    }

    private object? Value(IReadOnlyDictionary<string, object?> parameters)
    {
        foreach (var (name, value) in parameters)
        {
            if (string.Equals(name, Parameter, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        throw TarnException.InvalidInput("A query's parameters all have a value.", $"${Parameter}", $"Give {Parameter} in QueryOptions.Parameters.");
    }
}
