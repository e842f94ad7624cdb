namespace Tarn.Bench;

/// <summary>One line of a benchmark: a value against the baseline of the same run, and the goal it must hold.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Value">The measured value.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Baseline">The baseline's value in the same unit, measured in turn with it; null where the goal is absolute.</param>
/// <param name="Ratio">Value ÷ baseline, or null.</param>
/// <param name="Goal">The goal as text, for example <c>ratio ≥ 0.5</c>.</param>
/// <param name="Holds">Whether the goal was met.</param>
internal sealed record Measurement(string Name, double Value, string Unit, double? Baseline, double? Ratio, string Goal, bool Holds)
{
    /// <summary>A measurement judged by its ratio to the baseline, which is to be at least <paramref name="goal"/>.</summary>
    public static Measurement AtLeastRatio(string name, double value, string unit, double baseline, double goal) =>
        new(name, value, unit, baseline, value / baseline, FormattableString.Invariant($"ratio >= {goal}"), value / baseline >= goal);

    /// <summary>A measurement that is to be at least <paramref name="goal"/>.</summary>
    public static Measurement AtLeast(string name, double value, string unit, double goal) =>
        new(name, value, unit, null, null, FormattableString.Invariant($">= {goal} {unit}"), value >= goal);

    /// <summary>A measurement that is to be under <paramref name="goal"/>.</summary>
    public static Measurement Under(string name, double value, string unit, double goal) =>
        new(name, value, unit, null, null, FormattableString.Invariant($"< {goal} {unit}"), value < goal);
}
