namespace Tarn.Lake.Tests;

/// <summary>A row with what is hard about rows: nulls, texts, times, numbers of each kind.</summary>
internal sealed record Event(
    string Id,
    DateTimeOffset? Time,
    DateTimeOffset Updated,
    DateTimeOffset Known,
    double? Magnitude,
    string? Place,
    bool IsDeleted,
    int Revision);
