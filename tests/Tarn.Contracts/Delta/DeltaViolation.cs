using System.Globalization;

namespace Tarn.Contracts;

/// <summary>A sentence of the Delta protocol that a table breaks.</summary>
/// <param name="Rule">The rule's short name, stable so that tests can ask for it.</param>
/// <param name="Version">The commit or checkpoint that breaks it, or null for what concerns the whole folder.</param>
/// <param name="Detail">What was found.</param>
public sealed record DeltaViolation(string Rule, long? Version, string Detail)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Rule}{(Version is { } v ? $" in version {v}" : "")}: {Detail}");
}

/// <summary>What the checks write their findings into.</summary>
internal sealed class DeltaFindings
{
    private readonly List<DeltaViolation> _all = [];

    public IReadOnlyList<DeltaViolation> All => _all;

    public void Add(string rule, long? version, string detail)
    {
        if (!DeltaRules.All.Contains(rule))
        {
            throw new ArgumentException("The rule is not in the list of rules.", rule);
        }

        _all.Add(new DeltaViolation(rule, version, detail));
    }

    /// <summary>Adds a finding where the condition does not hold; says whether it holds.</summary>
    public bool Require(bool condition, string rule, long? version, FormattableString detail)
    {
        if (!condition)
        {
            Add(rule, version, FormattableString.Invariant(detail));
        }

        return condition;
    }
}

/// <summary>What of the protocol's advice, and of Tarn's own promises beyond it, is asked of a table.</summary>
public sealed record DeltaValidatorOptions
{
    /// <summary>All of it.</summary>
    public static DeltaValidatorOptions Strict { get; } = new();

    /// <summary>What the protocol allows and Tarn does not do: transactions that go back, removals of files that are not there.</summary>
    public bool OnlyProtocol { get; init; }

    /// <summary>Whether data files are opened: statistics, deletion vectors, rows.</summary>
    public bool ReadsData { get; init; } = true;

    /// <summary>The clock of the writers, by which tombstones expire; default the later of the log's times and the files'.</summary>
    public DateTimeOffset? Now { get; init; }
}
