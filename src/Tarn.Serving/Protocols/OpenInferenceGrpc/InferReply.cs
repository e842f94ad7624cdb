using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>Writes ModelInferResponse: what the outputs are, and their elements as raw bytes, which go from the tensors' memory into the connection's.</summary>
internal static class InferReply
{
    private const int InferResponse = 2;
    private const int Parameters = 4;
    private const int Outputs = 5;
    private const int RawOutputs = 6;

    /// <summary>Writes the answer to a request that was run.</summary>
    public static void Write(GrpcResponse to, InferExchange exchange)
    {
        using var head = PooledBuffer.Rent();
        WriteHead(head, exchange);
        to.Declare(Checked(head.Length + RawSize(exchange.Request)));
        to.Write(head.Written);
        WriteRaw(to, exchange.Request);
    }

    /// <summary>Writes it as one message of a stream, where what else is said in headers is among the parameters.</summary>
    public static void WriteStreamed(GrpcResponse to, InferExchange exchange, Guid prediction)
    {
        using var head = PooledBuffer.Rent();
        WriteHead(head, exchange);
        if (exchange.Chosen.Variant is { } variant)
        {
            WriteParameter(head, "tarn_variant"u8, variant.Name);
        }

        if (prediction != Guid.Empty)
        {
            WriteParameter(head, "tarn_prediction_id"u8, prediction.ToString("N"));
        }

        var size = Checked(head.Length + RawSize(exchange.Request));
        Span<byte> prefix = stackalloc byte[12];
        var at = Tag(prefix, InferResponse, ProtoWire.Bytes);
        at += Varint(prefix[at..], (ulong)size);
        to.Declare(Checked((long)at + size));
        to.Write(prefix[..at]);
        to.Write(head.Written);
        WriteRaw(to, exchange.Request);
    }

    private static void WriteHead(PooledBuffer head, InferExchange exchange)
    {
        var (request, options) = (exchange.Request, exchange.Options);
        var model = request.Model;
        WriteText(head, 1, model.Name);
        WriteText(head, 2, model.VersionText);
        WriteBytes(head, 3, options.KeptId);
        for (var o = 0; o < request.Outputs.Length; o++)
        {
            if (!request.Wanted[o])
            {
                continue;
            }

            if (options.Classes(o) > 0)
            {
                Classification.Replace(request, o, options.Classes(o));
            }

            WriteOutput(head, model.Outputs[o], request.Outputs[o]);
        }
    }

    private static void WriteOutput(PooledBuffer head, TensorPort port, TensorData tensor)
    {
        var type = TensorTypes.OpenInferenceUtf8(tensor.Type);
        Span<byte> shape = stackalloc byte[TensorData.MaxRank * 10];
        var shapeLength = 0;
        foreach (var length in tensor.Shape)
        {
            shapeLength += Varint(shape[shapeLength..], (ulong)length);
        }

        WriteTag(head, Outputs, ProtoWire.Bytes);
        WriteVarint(head, (ulong)(FieldSize(port.Utf8Name.Length) + FieldSize(type.Length) + FieldSize(shapeLength)));
        WriteBytes(head, 1, port.Utf8Name);
        WriteBytes(head, 2, type);
        WriteBytes(head, 3, shape[..shapeLength]);
    }

    private static long RawSize(InferenceRequest request)
    {
        var size = 0L;
        for (var o = 0; o < request.Outputs.Length; o++)
        {
            if (request.Wanted[o])
            {
                var raw = InferAnswer.BinarySize(request.Outputs[o]);
                size += 1 + VarintSize((ulong)raw) + raw;
            }
        }

        return size;
    }

    private static void WriteRaw(GrpcResponse to, InferenceRequest request)
    {
        Span<byte> prefix = stackalloc byte[12];
        for (var o = 0; o < request.Outputs.Length; o++)
        {
            if (!request.Wanted[o])
            {
                continue;
            }

            var tensor = request.Outputs[o];
            var at = Tag(prefix, RawOutputs, ProtoWire.Bytes);
            at += Varint(prefix[at..], (ulong)InferAnswer.BinarySize(tensor));
            to.Write(prefix[..at]);
            if (tensor.Type != OnnxElementType.String)
            {
                to.Write(tensor.Bytes);
                continue;
            }

            for (var i = 0; i < tensor.Count; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(prefix, tensor.Texts[i].Length);
                to.Write(prefix[..sizeof(int)]);
                to.Write(tensor.Texts[i]);
            }
        }
    }

    /// <summary>An entry of the map of parameters, a text.</summary>
    private static void WriteParameter(PooledBuffer head, ReadOnlySpan<byte> key, string value)
    {
        var length = System.Text.Encoding.UTF8.GetByteCount(value);
        WriteTag(head, Parameters, ProtoWire.Bytes);
        WriteVarint(head, (ulong)(FieldSize(key.Length) + FieldSize(FieldSize(length))));
        WriteBytes(head, 1, key);
        WriteTag(head, 2, ProtoWire.Bytes);
        WriteVarint(head, (ulong)FieldSize(length));
        WriteText(head, 3, value);
    }

    private static void WriteText(PooledBuffer head, int field, string text)
    {
        WriteTag(head, field, ProtoWire.Bytes);
        WriteVarint(head, (ulong)System.Text.Encoding.UTF8.GetByteCount(text));
        head.Advance(System.Text.Encoding.UTF8.GetBytes(text, head.GetSpan(text.Length * 3)));
    }

    private static void WriteBytes(PooledBuffer head, int field, ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            WriteTag(head, field, ProtoWire.Bytes);
            WriteVarint(head, (ulong)bytes.Length);
            head.Write(bytes);
        }
    }

    private static void WriteTag(PooledBuffer head, int field, ProtoWire wire) => head.Advance(Tag(head.GetSpan(10), field, wire));

    private static void WriteVarint(PooledBuffer head, ulong value) => head.Advance(Varint(head.GetSpan(10), value));

    private static int Tag(Span<byte> to, int field, ProtoWire wire) => Varint(to, ((ulong)field << 3) | (uint)wire);

    private static int Varint(Span<byte> to, ulong value)
    {
        var at = 0;
        while (value >= 0x80)
        {
            to[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        to[at++] = (byte)value;
        return at;
    }

    private static int VarintSize(ulong value) => ((BitOperations.Log2(value | 1) * 9) + 73) / 64;

    /// <summary>Bytes of a field of a number below 16 that has so many bytes; an empty one is not written.</summary>
    private static int FieldSize(int length) => length == 0 ? 0 : 1 + VarintSize((ulong)length) + length;

    private static int Checked(long size) => size <= int.MaxValue - 16 ? (int)size : throw new TarnException(
        ErrorKind.Unavailable, "An answer has less than 2 GiB.", string.Create(CultureInfo.InvariantCulture, $"{size} bytes"), "Ask with fewer rows, or for fewer outputs.");
}
