namespace Tarn;

/// <summary>What a key is: all but its secret.</summary>
internal sealed record ApiKey
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required AccessRole Role { get; init; }

    /// <summary>The endpoints and models that it may be used for; empty: it is not narrowed to any.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>What it may be used for; empty: all that its role may.</summary>
    public IReadOnlyList<RequestKind> Verbs { get; init; } = [];

    /// <summary>Requests a second; null for no limit.</summary>
    public double? RatePerSecond { get; init; }

    /// <summary>So many requests may come at once before the rate holds; at least 1.</summary>
    public long Burst { get; init; } = 1;

    /// <summary>Requests a day, in UTC; null for no limit.</summary>
    public long? RequestsPerDay { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RotatedAt { get; init; }

    /// <summary>Until when the secret before the last rotation goes on.</summary>
    public DateTimeOffset? PreviousUntil { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Requests of the current day, as far as they were stored.</summary>
    public long RequestsToday { get; init; }
}
