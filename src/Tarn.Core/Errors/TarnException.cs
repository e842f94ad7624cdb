namespace Tarn.Core;

/// <summary>
/// An error meant for a person: it names the value, the rule that the value breaks, and the remedy.
/// Surfaces show all three (problem details, terminal), so the message alone must also be enough.
/// </summary>
public sealed class TarnException : Exception
{
    /// <summary>Makes an error from its parts; the message is <c>rule</c>, the value where there is one, and the remedy.</summary>
    /// <param name="kind">What kind of fault it is.</param>
    /// <param name="rule">The rule that was broken, as a sentence.</param>
    /// <param name="value">The offending value as text, or null where no single value is at fault.</param>
    /// <param name="remedy">What the reader can do about it, as a sentence, or null where there is nothing to do.</param>
    /// <param name="inner">The cause.</param>
    public TarnException(ErrorKind kind, string rule, string? value = null, string? remedy = null, Exception? inner = null)
        : base(Compose(rule, value, remedy), inner)
    {
        Kind = kind;
        Rule = rule;
        Value = value;
        Remedy = remedy;
    }

    /// <summary>What kind of fault it is.</summary>
    public ErrorKind Kind { get; }

    /// <summary>The rule that was broken.</summary>
    public string Rule { get; }

    /// <summary>The offending value, or null.</summary>
    public string? Value { get; }

    /// <summary>What the reader can do about it, or null.</summary>
    public string? Remedy { get; }

    /// <summary>
    /// Whether the fault lies in a row of several, which by itself would be refused too while the others would be taken: a constraint of the table that the row breaks, a
    /// missing key. Default false. Who moves rows on (a sink) may then set the row aside.
    /// </summary>
    public bool IsRowFault { get; init; }

    /// <summary>
    /// Whether nobody can know if what was asked for took effect: the connection broke while the answer was on its way, and the state could not be asked. Default false:
    /// nothing of it did. Who repeats the work then has to look first.
    /// </summary>
    public bool IsOutcomeUnknown { get; init; }

    /// <summary>When it is worth while to try again, where that is known: what is full now has room then. Surfaces say it (<c>Retry-After</c>).</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>An <see cref="ErrorKind.InvalidInput"/> error.</summary>
    public static TarnException InvalidInput(string rule, string? value, string? remedy = null) =>
        new(ErrorKind.InvalidInput, rule, value, remedy);

    /// <summary>An <see cref="ErrorKind.NotFound"/> error.</summary>
    public static TarnException NotFound(string rule, string? value, string? remedy = null) =>
        new(ErrorKind.NotFound, rule, value, remedy);

    /// <summary>An <see cref="ErrorKind.Conflict"/> error.</summary>
    public static TarnException Conflict(string rule, string? value, string? remedy = null) =>
        new(ErrorKind.Conflict, rule, value, remedy);

    /// <summary>An <see cref="ErrorKind.Corrupt"/> error.</summary>
    public static TarnException Corrupt(string rule, string? value, string? remedy = null, Exception? inner = null) =>
        new(ErrorKind.Corrupt, rule, value, remedy, inner);

    private static string Compose(string rule, string? value, string? remedy)
    {
        var text = value is null ? rule : $"{rule} (value: {value})";
        return remedy is null ? text : $"{text} {remedy}";
    }
}
