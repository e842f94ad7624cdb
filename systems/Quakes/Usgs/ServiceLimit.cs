using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Quakes.Usgs;

/// <summary>
/// How the event service says that a query matches too much: 400 with a text such as "23456 matching events exceeds search limit
/// of 20000. Modify the search to match fewer events."
/// </summary>
internal static partial class ServiceLimit
{
    public static bool IsExceeded(UsgsException error) =>
        error.Status == HttpStatusCode.RequestEntityTooLarge ||
        (error.Status == HttpStatusCode.BadRequest &&
            (error.Message.Contains("exceed", StringComparison.OrdinalIgnoreCase) || error.Message.Contains("search limit", StringComparison.OrdinalIgnoreCase)));

    /// <summary>The limit that the text names, or null.</summary>
    public static int? StatedIn(string text) =>
        Stated().Match(text) is { Success: true } match &&
        int.TryParse(match.Groups[1].ValueSpan, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : null;

    [GeneratedRegex(@"limit of ([\d,]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Stated();
}

/// <summary>The service gives fewer events of one query than was thought.</summary>
internal sealed class SmallerLimitException(int limit) : Exception
{
    public int Limit { get; } = limit;
}
