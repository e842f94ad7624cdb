using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Tarn.Serving.OpenInference;

namespace Tarn.Serving.Tests;

/// <summary>Messages of ModelInfer, by the generated classes or field by field.</summary>
internal static class InferRequests
{
    /// <summary>The types that the model of all types takes, in its order, and the bytes of an element; 0 for texts.</summary>
    public static readonly (string Type, int Size)[] Types =
    [
        ("FP16", 2), ("BF16", 2), ("BOOL", 1), ("UINT8", 1), ("UINT16", 2), ("UINT32", 4), ("UINT64", 8), ("INT8", 1), ("INT16", 2), ("INT32", 4), ("INT64", 8), ("FP32", 4), ("FP64", 8), ("BYTES", 0),
    ];

    /// <summary>A request to the model <c>dense</c>.</summary>
    public static ModelInferRequest Dense(params float[] features) => new()
    {
        ModelName = "dense",
        Inputs = { Input("features", "FP32", features.Length / 4, 4) },
        RawInputContents = { Raw(features) },
    };

    public static ModelInferRequest.Types.InferInputTensor Input(string name, string type, params long[] shape) => new() { Name = name, Datatype = type, Shape = { shape } };

    public static ByteString Raw<T>(params T[] values)
        where T : unmanaged => ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan()));

    public static T[] Values<T>(ByteString raw)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(raw.Span).ToArray();

    /// <summary>Texts as raw contents have them.</summary>
    public static ByteString RawTexts(params string[] texts)
    {
        var bytes = new List<byte>();
        Span<byte> length = stackalloc byte[4];
        foreach (var text in texts)
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
            bytes.AddRange(length);
            bytes.AddRange(utf8);
        }

        return ByteString.CopyFrom([.. bytes]);
    }

    /// <summary>Elements of every type at random: two a row. Texts, booleans and halves are such as a model gives back bit by bit.</summary>
    public static ModelInferRequest AllTypes(Random random, int rows)
    {
        var request = new ModelInferRequest { ModelName = "types" };
        foreach (var (type, size) in Types)
        {
            request.Inputs.Add(Input(type, type, rows, 2));
            var bytes = new byte[rows * 2 * size];
            random.NextBytes(bytes);
            if (type == "BOOL")
            {
                Array.ForEach([.. Enumerable.Range(0, bytes.Length)], i => bytes[i] &= 1);
            }

            request.RawInputContents.Add(size == 0 ? RawTexts([.. Enumerable.Range(0, rows * 2).Select(_ => Text(random))]) : ByteString.CopyFrom(bytes));
        }

        return request;
    }

    /// <summary>Elements as contents that are raw bytes; halves have no list.</summary>
    public static InferTensorContents Contents(string type, ByteString raw) => type switch
    {
        "BOOL" => new() { BoolContents = { raw.Select(static b => b != 0) } },
        "UINT8" => new() { UintContents = { raw.Select(static b => (uint)b) } },
        "UINT16" => new() { UintContents = { Values<ushort>(raw).Select(static v => (uint)v) } },
        "UINT32" => new() { UintContents = { Values<uint>(raw) } },
        "UINT64" => new() { Uint64Contents = { Values<ulong>(raw) } },
        "INT8" => new() { IntContents = { raw.Select(static b => (int)(sbyte)b) } },
        "INT16" => new() { IntContents = { Values<short>(raw).Select(static v => (int)v) } },
        "INT32" => new() { IntContents = { Values<int>(raw) } },
        "INT64" => new() { Int64Contents = { Values<long>(raw) } },
        "FP32" => new() { Fp32Contents = { Values<float>(raw) } },
        "FP64" => new() { Fp64Contents = { Values<double>(raw) } },
        "BYTES" => new() { BytesContents = { Split(raw) } },
        _ => throw new ArgumentException(type, nameof(type)),
    };

    /// <summary>A message written field by field.</summary>
    public static byte[] Fields(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var stream = new CodedOutputStream(bytes, leaveOpen: true))
        {
            write(stream);
        }

        return bytes.ToArray();
    }

    /// <summary>A field that is a text, bytes or a message.</summary>
    public static void Bytes(this CodedOutputStream stream, int field, byte[] value)
    {
        stream.WriteTag(field, WireFormat.WireType.LengthDelimited);
        stream.WriteBytes(ByteString.CopyFrom(value));
    }

    /// <inheritdoc cref="Bytes(CodedOutputStream, int, byte[])"/>
    public static void Bytes(this CodedOutputStream stream, int field, string value) => stream.Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A field that is a whole number.</summary>
    public static void Number(this CodedOutputStream stream, int field, ulong value)
    {
        stream.WriteTag(field, WireFormat.WireType.Varint);
        stream.WriteUInt64(value);
    }

    private static IEnumerable<ByteString> Split(ByteString raw)
    {
        for (var at = 0; at < raw.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(raw.Span[at..]);
            yield return ByteString.CopyFrom(raw.Span.Slice(at + 4, length));
            at += 4 + length;
        }
    }

    private static string Text(Random random) => new([.. Enumerable.Range(0, random.Next(12)).Select(_ => "aäß語 \n"[random.Next(6)])]);
}
