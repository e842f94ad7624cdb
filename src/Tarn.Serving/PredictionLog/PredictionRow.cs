using Tarn.Lake;
using Tarn.Log;

namespace Tarn.Serving;

/// <summary>A prediction as a row of <c>gold.predictions</c>.</summary>
[Describe("Every prediction that was answered, once.")]
public sealed record PredictionRow
{
    /// <summary>Its id.</summary>
    [Describe("The prediction's id, a UUID of version 7 in 32 hexadecimal digits.")]
    public required string PredictionId { get; init; }

    /// <summary>When the request came.</summary>
    [Describe("When the request came.")]
    public required DateTimeOffset At { get; init; }

    /// <summary>The endpoint.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The model that answered.</summary>
    public required string Model { get; init; }

    /// <summary>Its version.</summary>
    [Describe("The model's version; null where none answered.")]
    public long? Version { get; init; }

    /// <summary>The variant of the traffic split.</summary>
    [Describe("The variant of the endpoint's traffic split.")]
    public string? Variant { get; init; }

    /// <summary>The protocol of the request.</summary>
    public string? Protocol { get; init; }

    /// <summary>Microseconds from the request to its answer.</summary>
    [Describe("Microseconds from the request to its answer.")]
    public long LatencyUs { get; init; }

    /// <summary>How many of them it waited for its batch.</summary>
    [Describe("Microseconds of waiting for the batch.")]
    public long QueueUs { get; init; }

    /// <summary>The rows of the batch.</summary>
    [Describe("The rows of the batch that it was computed in.")]
    public int BatchSize { get; init; }

    /// <summary>Who asked.</summary>
    public string? Caller { get; init; }

    /// <summary>The trace.</summary>
    public string? TraceId { get; init; }

    /// <summary>The HTTP status of the answer.</summary>
    public int Status { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>The inputs.</summary>
    [Describe("The inputs as JSON, where they are kept.")]
    public string? Inputs { get; init; }

    /// <summary>The SHA-256 of the inputs.</summary>
    [Describe("The SHA-256 of the inputs' bytes.")]
    public string? InputsSha256 { get; init; }

    /// <summary>The outputs.</summary>
    [Describe("The outputs as JSON.")]
    public string? Outputs { get; init; }

    /// <summary>Whether the answer went to nobody.</summary>
    public bool IsShadow { get; init; }

    /// <summary>The prediction that this one shadows.</summary>
    public string? ShadowOf { get; init; }

    /// <summary>The row of a topic's record; for a sink.</summary>
    public static PredictionRow From(TopicRecord record, PredictionRecord value) => new()
    {
        PredictionId = value.PredictionId,
        At = value.At,
        Endpoint = value.Endpoint,
        Model = value.Model,
        Version = value.Version,
        Variant = value.Variant,
        Protocol = value.Protocol,
        LatencyUs = value.LatencyUs,
        QueueUs = value.QueueUs,
        BatchSize = value.BatchSize,
        Caller = value.Caller,
        TraceId = value.TraceId,
        Status = value.Status,
        Error = value.Error,
        Inputs = value.Inputs,
        InputsSha256 = value.InputsSha256,
        Outputs = value.Outputs,
        IsShadow = value.IsShadow,
        ShadowOf = value.ShadowOf,
    };
}
