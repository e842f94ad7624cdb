namespace Tarn.Pipelines;

/// <summary>The data intervals that start on a day: how many there are, and what became of them. The five numbers after the first add up to it.</summary>
/// <param name="Date">The day, of the time zone that was asked for.</param>
/// <param name="Intervals">How many there are.</param>
/// <param name="Succeeded">Those whose latest run ended in success.</param>
/// <param name="Failed">Those whose latest run failed.</param>
/// <param name="Cancelled">Those whose latest run was cancelled.</param>
/// <param name="NoRun">Those that have ended, and of which no run has.</param>
/// <param name="NotEnded">Those that have not ended.</param>
public sealed record CalendarDay(DateOnly Date, long Intervals, long Succeeded, long Failed, long Cancelled, long NoRun, long NotEnded);
