using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;

namespace Tarn.Serving;

/// <summary>An instance's answer, whose first megabyte at most was read. Disposing it gives its instance back.</summary>
internal sealed class RemoteAnswer : IDisposable
{
    private readonly RemoteCluster _cluster;
    private readonly TimeSpan _took;
    private readonly PooledBuffer _head;

    public RemoteAnswer(RemoteCluster cluster, RemoteInstance instance, HttpResponseMessage response, PooledBuffer head, Stream? rest, TimeSpan took) =>
        (_cluster, Instance, Response, _head, Rest, _took) = (cluster, instance, response, head, rest, took);

    public RemoteInstance Instance { get; }

    public HttpResponseMessage Response { get; }

    public PooledBuffer Head => _head;

    /// <summary>What comes after the head; null where that is all.</summary>
    public Stream? Rest { get; }

    public int Status => (int)Response.StatusCode;

    /// <summary>Whether another instance may do better.</summary>
    public bool IsRetryable => Status is 502 or 503 or 504;

    /// <summary>Whether it is meant for the gateway and not for its caller: the caller's key is not the cluster's, and its addresses are not the cluster's.</summary>
    public bool IsForGateway => Status is (>= 300 and < 400) or 401 or 403 or 407;

    public bool IsEncoded => Response.Content.Headers.ContentEncoding.Count > 0;

    /// <summary>Whether all of it was read, and is JSON.</summary>
    public bool IsJson => Rest is null && !IsEncoded && _head.Length > 0 && Response.Content.Headers.ContentType?.MediaType is "application/json";

    /// <summary>The version that answered, as a Tarn says it; 0 where nobody does.</summary>
    public long Version => Text("X-Tarn-Model-Version") is { } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    /// <summary>The id by which a Tarn knows the prediction: the caller has it from the body, and feedback names it. Empty where there is none.</summary>
    public Guid Prediction => Guid.TryParseExact(Text(ServingFront.PredictionHeader), "N", out var id) ? id : IsJson ? PredictionOf(_head.Written) : Guid.Empty;

    public void Dispose()
    {
        _cluster.Done(Instance, IsRetryable ? RemoteOutcome.Unreachable : Status >= 500 || IsForGateway ? RemoteOutcome.Failed : RemoteOutcome.Answered, _took);
        Response.Dispose();
        _head.Dispose();
    }

    private static Guid PredictionOf(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("prediction_id"u8))
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.String && Utf8Parser.TryParse(reader.ValueSpan, out Guid id, out var used, 'N') && used == reader.ValueSpan.Length ? id : Guid.Empty;
                }
            }
        }
        catch (JsonException)
        {
            // It says that it is JSON and is not: the caller's to find.
            return Guid.Empty;
        }

        return Guid.Empty;
    }

    private string? Text(string header) => Response.Headers.NonValidated.TryGetValues(header, out var values) && values.Count == 1 ? values.ToString() : null;
}

/// <summary>What is counted and recorded of a prediction that a remote cluster was asked for.</summary>
internal readonly ref struct RemotePrediction
{
    public required string Protocol { get; init; }

    public required int Status { get; init; }

    public string? Error { get; init; }

    /// <summary>The body that was sent.</summary>
    public ReadOnlySpan<byte> Input { get; init; }

    public PayloadKind OutputKind { get; init; }

    public ReadOnlySpan<byte> Output { get; init; }

    public long Version { get; init; }

    /// <summary>The id that the instance gave it; empty for none.</summary>
    public Guid Id { get; init; }
}
