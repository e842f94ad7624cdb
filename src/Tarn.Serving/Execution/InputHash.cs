using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Tarn.Serving;

/// <summary>A SHA-256 over a request's inputs: types, shapes and elements. Two requests of one model with the same hash ask the same.</summary>
internal readonly record struct InputHash(ulong A, ulong B, ulong C, ulong D)
{
    [ThreadStatic]
    private static IncrementalHash? _hash;

    public static InputHash Of(InferenceRequest request)
    {
        Span<byte> result = stackalloc byte[32];
        _ = Of(request.Inputs, result);
        return new InputHash(
            BinaryPrimitives.ReadUInt64LittleEndian(result),
            BinaryPrimitives.ReadUInt64LittleEndian(result[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(result[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(result[24..]));
    }

    /// <summary>The hash of tensors; gives the bytes of their elements.</summary>
    public static long Of(TensorData[] tensors, Span<byte> result)
    {
        var bytes = 0L;
        var hash = _hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[8 * (TensorData.MaxRank + 2)];
        foreach (var tensor in tensors)
        {
            BinaryPrimitives.WriteInt32LittleEndian(head, (int)tensor.Type);
            BinaryPrimitives.WriteInt32LittleEndian(head[4..], tensor.Shape.Length);
            for (var d = 0; d < tensor.Shape.Length; d++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(head[(8 + (8 * d))..], tensor.Shape[d]);
            }

            hash.AppendData(head[..(8 + (8 * tensor.Shape.Length))]);
            hash.AppendData(tensor.Bytes);
            bytes += tensor.Bytes.Length;
            for (var i = 0; i < tensor.Texts.Length; i++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(head, tensor.Texts[i].Length);
                hash.AppendData(head[..8]);
                hash.AppendData(tensor.Texts[i]);
                bytes += tensor.Texts[i].Length;
            }
        }

        hash.GetHashAndReset(result);
        return bytes;
    }
}
