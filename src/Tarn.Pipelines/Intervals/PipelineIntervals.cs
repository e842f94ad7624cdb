namespace Tarn.Pipelines;

/// <summary>What became of a pipeline's data intervals in a span.</summary>
/// <param name="From">The first instant at which one of them may start.</param>
/// <param name="To">The first instant at which none may start any more.</param>
/// <param name="Ranges">Those of which a run has ended, in order, neighbours that ended alike as one.</param>
/// <param name="Counts">How many ended in each state; those of which none has, although they have ended, are <see cref="IntervalCounts.None"/>.</param>
public sealed record PipelineIntervals(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<IntervalRange> Ranges, IntervalCounts Counts);
