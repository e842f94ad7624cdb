namespace Tarn.Lake;

/// <summary>A stretch of event time.</summary>
/// <param name="Start">Its first instant.</param>
/// <param name="End">The instant after its last.</param>
public readonly record struct EventSpan(DateTimeOffset Start, DateTimeOffset End);
