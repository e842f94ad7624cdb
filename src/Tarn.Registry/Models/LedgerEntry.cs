using System.Text.Json;

namespace Tarn.Registry;

/// <summary>What an entry of the ledger tells.</summary>
public enum LedgerKind
{
    /// <summary>The alias was given to a version.</summary>
    Set,

    /// <summary>The alias went back to the version that it meant before.</summary>
    RolledBack,

    /// <summary>The alias was taken away, by hand or with its version or model.</summary>
    Removed,

    /// <summary>The alias stayed where it was: a candidate was looked at and not promoted.</summary>
    Kept,
}

/// <summary>An entry of the ledger: what happened to an alias. Entries are only ever added, and outlive their model.</summary>
/// <param name="Number">Its number; later ones are greater.</param>
/// <param name="Model">The model's name at that time.</param>
/// <param name="Alias">The alias.</param>
/// <param name="Kind">What happened.</param>
/// <param name="From">The version that it meant before; null for none.</param>
/// <param name="To">The version that it has meant since; null for none.</param>
/// <param name="Candidate">The version that was looked at; null where none was.</param>
/// <param name="At">When, never before an earlier entry of the model.</param>
/// <param name="Who">Who or what did it.</param>
/// <param name="Reason">Why; may be empty.</param>
/// <param name="Verdict">The numbers that it was decided by, a JSON object; null where there are none.</param>
public sealed record LedgerEntry(
    long Number,
    string Model,
    string Alias,
    LedgerKind Kind,
    long? From,
    long? To,
    long? Candidate,
    DateTimeOffset At,
    string Who,
    string Reason,
    JsonElement? Verdict);

/// <summary>Who changes an alias, and why.</summary>
/// <param name="Who">Who or what does it: 1 to 200 characters.</param>
/// <param name="Reason">Why; up to 4,000 characters, may be empty.</param>
public sealed record AliasChange(string Who, string Reason = "")
{
    /// <summary>The numbers that it was decided by: a JSON object of up to a million characters; null for none.</summary>
    public JsonElement? Verdict { get; init; }

    /// <summary>Where given, the change is refused unless the alias means this version when it is made; 0: unless it means none.</summary>
    public long? ExpectedVersion { get; init; }
}
