namespace Tarn.Tests;

/// <summary>What the tests' own program is about.</summary>
public sealed record Note(string Id, string Text, int Weight, DateTimeOffset Written);
