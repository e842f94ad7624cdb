using System.Text.Json;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Who changes an endpoint, and why.</summary>
/// <param name="Who">Who or what does it: 1 to 200 characters.</param>
/// <param name="Reason">Why; up to 4,000 characters, may be empty.</param>
public sealed record RouteChange(string Who, string Reason = "")
{
    /// <summary>The numbers that it was decided by: a JSON object of up to a million characters; null for none.</summary>
    public JsonElement? Verdict { get; init; }

    /// <summary>Where given, the change is refused unless the endpoint has this revision when it is made.</summary>
    public long? ExpectedRevision { get; init; }

    internal void Check()
    {
        List<string> broken = [];
        RouteRules.Add(broken, !string.IsNullOrWhiteSpace(Who) && Who.Length <= 200, $"who = {ServingRules.Short(Who)}: 1 to 200 characters");
        RouteRules.Add(broken, Reason.Length <= 4000, $"reason of {Reason.Length} characters: at most 4,000");
        RouteRules.Add(
            broken,
            Verdict is null or { ValueKind: JsonValueKind.Object } && (Verdict?.GetRawText().Length ?? 0) <= 1_000_000,
            $"verdict: a JSON object of at most 1,000,000 characters");
        ServingRules.Check(broken, "Who changes an endpoint says who, and why.");
    }

    /// <summary>Refuses the change where the endpoint is another one than was expected.</summary>
    internal void CheckRevision(string endpoint, long revision)
    {
        if (ExpectedRevision is { } expected && expected != revision)
        {
            throw TarnException.Conflict(
                $"The endpoint {endpoint} was changed by somebody else: its revision is {revision.ToString(System.Globalization.CultureInfo.InvariantCulture)} now.",
                expected.ToString(System.Globalization.CultureInfo.InvariantCulture),
                "Look again, and decide again.");
        }
    }
}

/// <summary>What an entry of an endpoint's ledger tells.</summary>
public enum RouteChangeKind
{
    /// <summary>The endpoint was made.</summary>
    Created,

    /// <summary>Its route was set.</summary>
    RouteSet,

    /// <summary>It was deleted.</summary>
    Deleted,

    /// <summary>A rollout began: the canary got its first share.</summary>
    RolloutStarted,

    /// <summary>A rollout went on to its next stage.</summary>
    RolloutAdvanced,

    /// <summary>A rollout's stage took longer than it may; the split stays as it is.</summary>
    RolloutExpired,

    /// <summary>A rollout was halted by somebody; the split stays as it is.</summary>
    RolloutPaused,

    /// <summary>A rollout that was halted goes on.</summary>
    RolloutResumed,

    /// <summary>A rollout went back: everything to the control.</summary>
    RolledBack,

    /// <summary>A rollout was ended by somebody: everything to the control.</summary>
    RolloutAborted,

    /// <summary>A rollout came to its end: the canary's version is what answers.</summary>
    RolloutFinished,
}

/// <summary>An entry of the ledger of endpoints. Entries are only ever added, and outlive their endpoint.</summary>
/// <param name="Number">Its number; later ones are greater. It is the endpoint's revision after the change.</param>
/// <param name="Endpoint">The endpoint's name.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Kind">What happened.</param>
/// <param name="From">The route before; null where the endpoint was made.</param>
/// <param name="To">The route after; null where it was deleted.</param>
/// <param name="At">When, never before an earlier entry of the endpoint.</param>
/// <param name="Who">Who or what did it.</param>
/// <param name="Reason">Why; may be empty.</param>
/// <param name="Verdict">The numbers that it was decided by, a JSON object; null where there are none.</param>
public sealed record EndpointLedgerEntry(
    long Number, string Endpoint, string Model, RouteChangeKind Kind, Route? From, Route? To, DateTimeOffset At, string Who, string Reason, JsonElement? Verdict);
