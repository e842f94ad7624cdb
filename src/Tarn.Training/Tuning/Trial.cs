using System.Text.Json.Serialization;

namespace Tarn.Training;

/// <summary>How a trial ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TrialState>))]
public enum TrialState
{
    /// <summary>It had all of its budget and gave a value.</summary>
    Completed,

    /// <summary>Others were better at the same budget, and it got no more.</summary>
    Pruned,

    /// <summary>It threw, or gave no finite value; the reason says which.</summary>
    Failed,
}

/// <summary>One call of the objective: a trial at one budget.</summary>
/// <param name="Trial">The trial's number, from 0.</param>
/// <param name="Rung">How often it had been given more budget before; 0 for the first call.</param>
/// <param name="Budget">What it was given in all: epochs, for example.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Value">What it gave; null where it failed.</param>
/// <param name="Reason">Why it failed; null where it did not.</param>
/// <param name="Checkpoint">What the objective kept to go on from, or null.</param>
public sealed record TrialEvaluation(int Trial, int Rung, double Budget, TrialParameters Parameters, double? Value, string? Reason, byte[]? Checkpoint);

/// <summary>A trial in the end.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Bracket">The bracket of Hyperband that it was in; 0 with other methods.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="State">How it ended.</param>
/// <param name="Budget">The most budget that it was given.</param>
/// <param name="Value">What it gave with that; null where it failed.</param>
/// <param name="Reason">Why it failed; null where it did not.</param>
public sealed record Trial(int Number, int Bracket, TrialParameters Parameters, TrialState State, double Budget, double? Value, string? Reason);

/// <summary>What came of a tuning.</summary>
/// <param name="Best">
/// The best trial of those with the greatest budget that any successful trial had, of equally good ones the first; null where all failed.
/// </param>
/// <param name="Trials">Every trial, by number.</param>
/// <param name="Evaluations">How often the objective was called, now and in earlier runs of the study.</param>
/// <param name="Resumed">How many of those calls were made in earlier runs.</param>
public sealed record TunerResult(Trial? Best, IReadOnlyList<Trial> Trials, int Evaluations, int Resumed);

/// <summary>What the objective is told of a trial.</summary>
public sealed class TrialContext
{
    internal TrialContext(int number, int rung, double budget, TrialParameters parameters, long seed, byte[]? checkpoint) =>
        (Number, Rung, Budget, Parameters, Seed, Checkpoint) = (number, rung, budget, parameters, seed, checkpoint);

    /// <summary>The trial's number, from 0.</summary>
    public int Number { get; }

    /// <summary>How often it was given more budget before.</summary>
    public int Rung { get; }

    /// <summary>What it has in all, from its first call on: epochs, for example.</summary>
    public double Budget { get; }

    /// <summary>The parameters.</summary>
    public TrialParameters Parameters { get; }

    /// <summary>A seed for the trial, the same at every budget; a function of the tuner's seed and the trial's number.</summary>
    public long Seed { get; }

    /// <summary>What <see cref="Keep"/> was given at the budget before; null at the first.</summary>
    public byte[]? Checkpoint { get; }

    internal byte[]? Kept { get; private set; }

    /// <summary>Keeps what is needed to go on, should the trial be given more budget.</summary>
    public void Keep(byte[] checkpoint) => Kept = checkpoint;
}
