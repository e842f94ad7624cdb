using System.Globalization;

namespace Tarn.Pipelines.Tests;

/// <summary>
/// What a backfill meets and is asked for: a third of its intervals have succeeded, a third failed, a third were never run, and which of them it runs, and in what order, is drawn from a seed.
/// </summary>
/// <param name="Intervals">How many intervals.</param>
/// <param name="Reprocess">Which of those that have run it runs again.</param>
/// <param name="Backwards">Whether it begins with the latest.</param>
/// <param name="Offset">Which third is which.</param>
internal sealed record KillPlan(int Intervals, ReprocessBehavior Reprocess, bool Backwards, int Offset)
{
    /// <summary>Six seeds in a row have all that can be asked for, in both orders, and about as many runs each.</summary>
    public static KillPlan Of(int seed, int runs)
    {
        var reprocess = (ReprocessBehavior)(seed % 3);
        var selected = reprocess switch { ReprocessBehavior.None => 1, ReprocessBehavior.Failed => 2, _ => 3 };
        return new KillPlan(runs * 3 / selected, reprocess, seed % 2 == 0, seed % 7);
    }

    public static KillPlan Parse(string text)
    {
        var parts = text.Split(':');
        return new KillPlan(int.Parse(parts[0], CultureInfo.InvariantCulture), Enum.Parse<ReprocessBehavior>(parts[1]), bool.Parse(parts[2]), int.Parse(parts[3], CultureInfo.InvariantCulture));
    }

    /// <summary>How an interval stands before the backfill; null where it was never run.</summary>
    public IntervalState? Before(int interval) => ((interval + Offset) % 3) switch { 0 => IntervalState.Success, 1 => IntervalState.Failed, _ => null };

    /// <summary>Whether the backfill has to run an interval.</summary>
    public bool Selects(int interval) => Before(interval) switch
    {
        null => true,
        IntervalState.Failed => Reprocess != ReprocessBehavior.None,
        _ => Reprocess == ReprocessBehavior.Completed,
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Intervals}:{Reprocess}:{Backwards}:{Offset}");
}
