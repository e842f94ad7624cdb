using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Tarn;

/// <summary>Reads configuration values from text. Numbers and dates are written the invariant way.</summary>
internal static class OptionText
{
    public static bool TryParse(string text, Type type, out object? value, [NotNullWhen(false)] out string? rule)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        text = text.Trim();
        rule = null;
        value = null;
        if (type == typeof(string))
        {
            value = text;
        }
        else if (type == typeof(int))
        {
            value = Try<int>(text, int.TryParse, "It is a whole number.", out rule);
        }
        else if (type == typeof(long))
        {
            value = Try<long>(text, long.TryParse, "It is a whole number.", out rule);
        }
        else if (type == typeof(double))
        {
            value = Try<double>(text, double.TryParse, "It is a number, with a point before the decimals.", out rule);
        }
        else if (type == typeof(bool))
        {
            value = text.ToUpperInvariant() switch
            {
                "TRUE" or "1" or "YES" or "ON" => true,
                "FALSE" or "0" or "NO" or "OFF" => false,
                _ => Fail("It is true or false.", out rule),
            };
        }
        else if (type == typeof(TimeSpan))
        {
            value = Durations.TryParse(text, out var duration) ? duration : Fail(Durations.Rule, out rule);
        }
        else if (type == typeof(DateTimeOffset))
        {
            value = Instants.TryParse(text, out var time) ? time : Fail(Instants.Rule, out rule);
        }
        else if (type == typeof(Uri))
        {
            value = Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : Fail("It is an absolute URL, as in https://example.org/path.", out rule);
        }
        else if (type.IsEnum)
        {
            value = Enum.TryParse(type, text, ignoreCase: true, out var named) && Enum.IsDefined(type, named)
                ? named
                : Fail($"It is one of {string.Join(", ", Enum.GetNames(type)).ToLowerInvariant()}.", out rule);
        }
        else
        {
            throw new NotSupportedException($"Options of type {type} are not read from the configuration.");
        }

        return rule is null;
    }

    /// <summary>Whether <see cref="TryParse"/> knows the type.</summary>
    public static bool CanParse(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || type == typeof(int) || type == typeof(long) || type == typeof(double) || type == typeof(bool)
            || type == typeof(TimeSpan) || type == typeof(DateTimeOffset) || type == typeof(Uri) || type.IsEnum;
    }

    public static string Show(object limit) => limit is TimeSpan duration ? Durations.Show(duration) : Convert.ToString(limit, CultureInfo.InvariantCulture) ?? "";

    private delegate bool Parser<T>(string text, NumberStyles style, IFormatProvider? provider, out T value);

    private static object? Try<T>(string text, Parser<T> parse, string otherwise, out string? rule)
    {
        rule = null;
        return parse(text, NumberStyles.Float & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value) ? value : Fail(otherwise, out rule);
    }

    private static object? Fail(string reason, out string? rule)
    {
        rule = reason;
        return null;
    }
}
