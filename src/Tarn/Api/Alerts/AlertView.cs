namespace Tarn;

/// <summary>An alert with what became of it at each channel.</summary>
internal sealed record AlertView(
    string Id,
    string Kind,
    string Severity,
    string Subject,
    string Title,
    string Text,
    IReadOnlyDictionary<string, string> Fields,
    string? GroupKey,
    DateTimeOffset OccurredAt,
    IReadOnlyList<AlertDeliveryView> Deliveries);

/// <summary>What became of an alert at one channel; its state is <c>waiting</c>, <c>sent</c> or <c>undelivered</c>.</summary>
internal sealed record AlertDeliveryView(string Channel, string State, int Attempts, DateTimeOffset? DueAt, DateTimeOffset? EndedAt, string? Error);

/// <summary>A channel and how it is doing.</summary>
internal sealed record AlertChannelView(
    string Name, string Type, bool IsDefault, long Queue, DateTimeOffset? LastSuccessAt, DateTimeOffset? LastErrorAt, string? LastError, DateTimeOffset? PausedUntil);

/// <summary>How a test of a channel went.</summary>
internal sealed record AlertTestView(string Channel, string Type, bool Sent, string? Error);
