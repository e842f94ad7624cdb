using System.Text.Json;

namespace Tarn.Training;

/// <summary>One of the gate's conditions.</summary>
/// <param name="Name">Which: <c>gain</c>, <c>interval</c>, <c>mcnemar</c>, <c>calibration</c>, <c>slice camera=old</c>, <c>latency</c>, <c>better than guessing</c>, …</param>
/// <param name="Holds">Whether it holds.</param>
/// <param name="Value">What was measured; null where it could not be.</param>
/// <param name="Limit">What it was compared with; null where that could not be known.</param>
/// <param name="Words">The condition and the numbers as a sentence.</param>
public sealed record GateCheck(string Name, bool Holds, double? Value, double? Limit, string Words);

/// <summary>What the gate decided, with every number that it decided by. Goes to JSON and back unchanged, such as into the registry's ledger.</summary>
/// <param name="Promote">Whether the challenger takes the champion's place.</param>
/// <param name="Reason">Why, as text: that all conditions hold, or each that does not.</param>
/// <param name="Challenger">The challenger's version.</param>
/// <param name="Champion">The champion's version; null where there is none yet.</param>
/// <param name="Rows">Test rows.</param>
/// <param name="Metric">The metric that decides.</param>
/// <param name="ChallengerValue">The challenger's; null where it is not defined.</param>
/// <param name="ChampionValue">The champion's; null where it is not defined or there is none.</param>
/// <param name="ChallengerInterval">The interval of the challenger's.</param>
/// <param name="Gain">By how much the challenger is better, positive if it is, with its interval.</param>
/// <param name="McNemar">The exact test on the rows that only one of them gets right.</param>
/// <param name="Checks">Every condition that was looked at.</param>
public sealed record GateVerdict(
    bool Promote, string Reason, string Challenger, string? Champion, long Rows, Metric Metric, double? ChallengerValue, double? ChampionValue,
    ConfidenceInterval? ChallengerInterval, ConfidenceInterval? Gain, McNemarResult? McNemar, IReadOnlyList<GateCheck> Checks)
{
    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TrainingJson.Options);

    /// <summary>From the JSON of <see cref="ToJson"/>.</summary>
    /// <exception cref="Tarn.Core.TarnException">The text is not such JSON.</exception>
    public static GateVerdict FromJson(string json) => TrainingJson.Read<GateVerdict>(json, "a gate's verdict");
}
