namespace Tarn.Serving;

/// <summary>A prediction as the topic holds it: JSON with names in snake_case, what is null left out.</summary>
public sealed record PredictionRecord
{
    /// <summary>Its id: the 32 lower-case hexadecimal digits of a UUID of version 7.</summary>
    public required string PredictionId { get; init; }

    /// <summary>When the request came.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The endpoint.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The model that answered.</summary>
    public required string Model { get; init; }

    /// <summary>Its version; null where none answered.</summary>
    public long? Version { get; init; }

    /// <summary>The variant of the endpoint's traffic split; null for none.</summary>
    public string? Variant { get; init; }

    /// <summary>The protocol of the request.</summary>
    public string? Protocol { get; init; }

    /// <summary>Microseconds from the request to its answer.</summary>
    public long LatencyUs { get; init; }

    /// <summary>How many of them it waited for its batch.</summary>
    public long QueueUs { get; init; }

    /// <summary>The rows of the batch that it was computed in.</summary>
    public int BatchSize { get; init; }

    /// <summary>Who asked.</summary>
    public string? Caller { get; init; }

    /// <summary>The trace that the request belongs to.</summary>
    public string? TraceId { get; init; }

    /// <summary>The HTTP status of the answer.</summary>
    public int Status { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>The inputs as JSON text, where they are kept.</summary>
    public string? Inputs { get; init; }

    /// <summary>The SHA-256 of the inputs' bytes, in lower-case hexadecimal digits.</summary>
    public string? InputsSha256 { get; init; }

    /// <summary>The outputs as JSON text; <c>{"sha256":"…","bytes":n}</c> where they were too large to be kept.</summary>
    public string? Outputs { get; init; }

    /// <summary>Whether the answer went to nobody.</summary>
    public bool IsShadow { get; init; }

    /// <summary>The id of the prediction that this one shadows.</summary>
    public string? ShadowOf { get; init; }
}
