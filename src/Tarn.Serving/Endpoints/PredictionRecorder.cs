using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>Records what endpoints answer, and what their shadows say, in the prediction log.</summary>
internal sealed class PredictionRecorder(PredictionLog log, IdSource ids, TimeProvider time, bool keepInputs)
{
    /// <summary>The bytes of a hash and a length.</summary>
    public const int HashBytes = 40;

    /// <summary>Records an answer before it is sent.</summary>
    /// <returns>The prediction's id.</returns>
    /// <exception cref="TarnException">The log is full, and nothing is to be answered that is not recorded.</exception>
    public Guid Record(in Chosen chosen, InferenceRequest request, HttpContext http, string protocol, ReadOnlySpan<byte> source, TimeSpan took)
    {
        var id = ids.NewGuid();
        Write(id, chosen.Endpoint!.Name, chosen.Variant!.Name, request, protocol, source, took, Callers.Of(http), TraceParent.TraceIdOf(http), Guid.Empty);
        return id;
    }

    /// <summary>Records what a remote cluster answered before it is sent: the SHA-256 of the request's body, and the answer.</summary>
    /// <returns>The prediction's id: the cluster's own where it has one.</returns>
    /// <exception cref="TarnException">The log is full, and nothing is to be answered that is not recorded.</exception>
    public Guid Record(in Chosen chosen, HttpContext http, in RemotePrediction prediction, TimeSpan took)
    {
        var id = prediction.Id == Guid.Empty ? ids.NewGuid() : prediction.Id;
        Span<byte> input = stackalloc byte[HashBytes];
        Hash(input, prediction.Input);
        log.Write(new PredictionEntry
        {
            Id = id,
            At = time.GetUtcNow() - took,
            Endpoint = chosen.Endpoint!.Name,
            Model = chosen.Endpoint.Model,
            Version = prediction.Version,
            Variant = chosen.Variant!.Name,
            Protocol = prediction.Protocol,
            Latency = took,
            Caller = Callers.Of(http),
            TraceId = TraceParent.TraceIdOf(http),
            Status = prediction.Status,
            Error = prediction.Error,
            InputsKind = PayloadKind.Sha256,
            Inputs = input,
            OutputsKind = prediction.OutputKind,
            Outputs = prediction.Output,
        });
        return id;
    }

    /// <summary>The SHA-256 of what is not kept, and its length.</summary>
    public static void Hash(Span<byte> to, ReadOnlySpan<byte> bytes)
    {
        _ = SHA256.HashData(bytes, to);
        BinaryPrimitives.WriteInt64LittleEndian(to[32..], bytes.Length);
    }

    /// <summary>Records what a shadow said, if it can be recorded.</summary>
    public void RecordShadow(string endpoint, string shadow, InferenceRequest request, Guid of, TimeSpan took)
    {
        try
        {
            Write(ids.NewGuid(), endpoint, shadow, request, "shadow", default, took, null, default, of);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
        {
            // The log is full, and counts what it could not take.
            return;
        }
    }

    private void Write(
        Guid id, string endpoint, string variant, InferenceRequest request, string protocol, ReadOnlySpan<byte> source, TimeSpan took, string? caller, ReadOnlySpan<char> trace, Guid of)
    {
        var model = request.Model;
        using var inputs = PooledBuffer.Rent();
        using var outputs = PooledBuffer.Rent();
        var isKept = keepInputs && source.IsEmpty;
        if (isKept)
        {
            Tensors(inputs, model.Inputs, request.Inputs);
        }
        else
        {
            Hash(inputs, request.Inputs, source);
        }

        if (request.Failure is null)
        {
            Tensors(outputs, model.Outputs, request.Outputs);
        }

        log.Write(new PredictionEntry
        {
            Id = id,
            At = time.GetUtcNow() - took,
            Endpoint = endpoint,
            Model = model.Name,
            Version = model.Version,
            Variant = variant,
            Protocol = protocol,
            Latency = took,
            Queue = model.Elapsed(request.QueuedAt, request.StartedAt),
            BatchSize = request.BatchRows,
            Caller = caller,
            TraceId = trace,
            Status = request.Failure is null ? StatusCodes.Status200OK : HttpAnswer.StatusOf(request.Failure),
            Error = request.Failure?.Message,
            InputsKind = isKept ? PayloadKind.Tensors : PayloadKind.Sha256,
            Inputs = inputs.Written,
            OutputsKind = request.Failure is null ? PayloadKind.Tensors : PayloadKind.None,
            Outputs = outputs.Written,
            IsShadow = of != Guid.Empty,
            ShadowOf = of,
        });
    }

    private static void Hash(PooledBuffer to, TensorData[] tensors, ReadOnlySpan<byte> source)
    {
        var span = to.GetSpan(40);
        long length;
        if (!source.IsEmpty)
        {
            _ = SHA256.HashData(source, span);
            length = source.Length;
        }
        else
        {
            length = InputHash.Of(tensors, span[..32]);
        }

        BinaryPrimitives.WriteInt64LittleEndian(span[32..], length);
        to.Advance(40);
    }

    /// <summary>Tensors as the log's own form has them.</summary>
    private static void Tensors(PooledBuffer to, TensorPort[] ports, TensorData[] tensors)
    {
        for (var i = 0; i < tensors.Length; i++)
        {
            var (port, tensor) = (ports[i], tensors[i]);
            var head = to.GetSpan(4 + port.Utf8Name.Length + (8 * tensor.Shape.Length) + 4);
            BinaryPrimitives.WriteUInt16LittleEndian(head, (ushort)port.Utf8Name.Length);
            port.Utf8Name.CopyTo(head[2..]);
            var at = 2 + port.Utf8Name.Length;
            head[at++] = (byte)tensor.Type;
            head[at++] = (byte)tensor.Shape.Length;
            foreach (var length in tensor.Shape)
            {
                BinaryPrimitives.WriteInt64LittleEndian(head[at..], length);
                at += 8;
            }

            BinaryPrimitives.WriteInt32LittleEndian(head[at..], InferAnswer.BinarySize(tensor));
            to.Advance(at + 4);
            InferAnswer.WriteElements(to, tensor);
        }
    }
}
