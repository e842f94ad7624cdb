using System.Globalization;
using Tarn.Core;

namespace Tarn.Log;

/// <summary>
/// When appended records are forced to the disk. Whatever the policy, an acknowledged append outlives the process (<c>kill -9</c>);
/// the policy says what outlives a loss of power.
/// </summary>
public sealed record FlushPolicy
{
    private FlushPolicy(TimeSpan? interval) => Interval = interval;

    /// <summary>
    /// Every append is on the disk before it is acknowledged and before readers see it. Appends that arrive during a flush share the next one.
    /// The default.
    /// </summary>
    public static FlushPolicy EachAppend { get; } = new(TimeSpan.Zero);

    /// <summary>The operating system decides: the fastest; a loss of power can take the last seconds.</summary>
    public static FlushPolicy None { get; } = new((TimeSpan?)null);

    /// <summary>The time between flushes; zero for each append, null for none.</summary>
    public TimeSpan? Interval { get; }

    /// <summary>Flushes at most this long after an append: a loss of power can take that much.</summary>
    /// <param name="interval">From 1 ms to 1 h.</param>
    /// <exception cref="TarnException">The interval is out of range.</exception>
    public static FlushPolicy Every(TimeSpan interval) =>
        interval >= TimeSpan.FromMilliseconds(1) && interval <= TimeSpan.FromHours(1)
            ? new FlushPolicy(interval)
            : throw TarnException.InvalidInput("A flush interval is from 1 ms to 1 h.", interval.ToString("c", CultureInfo.InvariantCulture));

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="TarnException">The text is not a policy.</exception>
    public static FlushPolicy Parse(string text) => text switch
    {
        "each-append" => EachAppend,
        "none" => None,
        _ when TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var interval) => Every(interval),
        _ => throw TarnException.InvalidInput("A flush policy is each-append, none, or an interval as in 00:00:01.", text),
    };

    /// <summary><c>each-append</c>, <c>none</c>, or the interval as in <c>00:00:01</c>.</summary>
    public override string ToString() =>
        Interval is not { } interval ? "none" : interval == TimeSpan.Zero ? "each-append" : interval.ToString("c", CultureInfo.InvariantCulture);
}
