namespace Tarn.Serving;

/// <summary>
/// A prediction as it is recorded (<see cref="PredictionLog.TryWrite"/>): numbers, and spans of the caller's memory, which is read before the call returns and not kept.
/// Texts are cut to 256 bytes of UTF-8, the error to 1,024.
/// </summary>
public readonly ref struct PredictionEntry
{
    /// <summary>The prediction's id, a UUID of version 7.</summary>
    public required Guid Id { get; init; }

    /// <summary>When the request came; kept to the microsecond.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The endpoint.</summary>
    public required ReadOnlySpan<char> Endpoint { get; init; }

    /// <summary>The model that answered.</summary>
    public required ReadOnlySpan<char> Model { get; init; }

    /// <summary>Its version, from 1; 0 where none answered.</summary>
    public long Version { get; init; }

    /// <summary>The variant of the endpoint's traffic split; empty for none.</summary>
    public ReadOnlySpan<char> Variant { get; init; }

    /// <summary>The protocol of the request.</summary>
    public ReadOnlySpan<char> Protocol { get; init; }

    /// <summary>From the request to its answer; kept to the microsecond.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>How much of that it waited for its batch.</summary>
    public TimeSpan Queue { get; init; }

    /// <summary>The rows of the batch that it was computed in; 0 where it was not computed.</summary>
    public int BatchSize { get; init; }

    /// <summary>Who asked; empty where that is not known.</summary>
    public ReadOnlySpan<char> Caller { get; init; }

    /// <summary>The trace that the request belongs to; empty for none.</summary>
    public ReadOnlySpan<char> TraceId { get; init; }

    /// <summary>The HTTP status of the answer.</summary>
    public int Status { get; init; }

    /// <summary>Why it failed; empty where it did not.</summary>
    public ReadOnlySpan<char> Error { get; init; }

    /// <summary>The form of <see cref="Inputs"/>.</summary>
    public PayloadKind InputsKind { get; init; }

    /// <summary>The inputs.</summary>
    public ReadOnlySpan<byte> Inputs { get; init; }

    /// <summary>The form of <see cref="Outputs"/>.</summary>
    public PayloadKind OutputsKind { get; init; }

    /// <summary>The outputs.</summary>
    public ReadOnlySpan<byte> Outputs { get; init; }

    /// <summary>Whether the answer went to nobody: a shadow of another prediction.</summary>
    public bool IsShadow { get; init; }

    /// <summary>The prediction that this one shadows; empty for none.</summary>
    public Guid ShadowOf { get; init; }
}
