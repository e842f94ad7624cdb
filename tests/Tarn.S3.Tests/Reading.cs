namespace Tarn.S3.Tests;

/// <summary>A row that an appender writes: who, and the how-manieth.</summary>
internal sealed record Reading(string Station, int Number, string Note);

/// <summary>A row with a key and versions.</summary>
internal sealed record Price(string Item, DateTimeOffset Changed, double Amount, string? Comment);
