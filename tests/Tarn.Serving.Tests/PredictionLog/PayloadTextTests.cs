using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Tarn.Native;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class PayloadTextTests
{
    [Fact]
    public void Tensors_are_rendered_as_the_Open_Inference_Protocol_writes_them()
    {
        byte[] bytes =
        [
            .. Tensor("a", OnnxElementType.Float, [1, 3], [.. Le(1.5f), .. Le(float.NaN), .. Le(float.NegativeInfinity)]),
            .. Tensor("b", OnnxElementType.Int64, [2], [.. BitConverter.GetBytes(-1L), .. BitConverter.GetBytes(long.MaxValue)]),
            .. Tensor("naïve", OnnxElementType.String, [2], [2, 0, 0, 0, (byte)'"', (byte)'x', 0, 0, 0, 0]),
            .. Tensor("d", OnnxElementType.UInt8, [2], [0, 255]),
            .. Tensor("e", OnnxElementType.Int8, [1], [255]),
            .. Tensor("f", OnnxElementType.Bool, [2], [0, 1]),
            .. Tensor("g", OnnxElementType.Float16, [1], BitConverter.GetBytes((Half)0.5)),
            .. Tensor("h", OnnxElementType.BFloat16, [1], [0x80, 0x3f]),
            .. Tensor("i", OnnxElementType.UInt64, [1], BitConverter.GetBytes(ulong.MaxValue)),
            .. Tensor("j", OnnxElementType.Double, [], BitConverter.GetBytes(0.1)),
            .. Tensor("k", OnnxElementType.Int16, [1], BitConverter.GetBytes((short)-2)),
            .. Tensor("l", OnnxElementType.UInt32, [0], []),
        ];
        var text = PayloadText.Of(new StoredPayload(PayloadKind.Tensors, bytes))!;
        Assert.Equal(
            """
            [{"name":"a","datatype":"FP32","shape":[1,3],"data":[1.5,"NaN","-Infinity"]},{"name":"b","datatype":"INT64","shape":[2],"data":[-1,9223372036854775807]},
            {"name":"naïve","datatype":"BYTES","shape":[2],"data":["\"x",""]},{"name":"d","datatype":"UINT8","shape":[2],"data":[0,255]},{"name":"e","datatype":"INT8","shape":[1],"data":[-1]},
            {"name":"f","datatype":"BOOL","shape":[2],"data":[false,true]},{"name":"g","datatype":"FP16","shape":[1],"data":[0.5]},{"name":"h","datatype":"BF16","shape":[1],"data":[1]},
            {"name":"i","datatype":"UINT64","shape":[1],"data":[18446744073709551615]},{"name":"j","datatype":"FP64","shape":[],"data":[0.1]},
            {"name":"k","datatype":"INT16","shape":[1],"data":[-2]},{"name":"l","datatype":"UINT32","shape":[0],"data":[]}]
            """.ReplaceLineEndings(""),
            text);
        using var _ = JsonDocument.Parse(text);
    }

    [Fact]
    public void Tensors_that_are_cut_or_damaged_are_told_by_their_hash()
    {
        var whole = Tensor("a", OnnxElementType.Float, [2], [.. Le(1f), .. Le(2f)]);
        for (var length = 1; length < whole.Length; length++)
        {
            Assert.StartsWith("{\"sha256\":\"", PayloadText.Of(new StoredPayload(PayloadKind.Tensors, whole.AsSpan(0, length))), StringComparison.Ordinal);
        }

        const int Seed = 4;
        var random = new Random(Seed);
        for (var i = 0; i < 20_000; i++)
        {
            var changed = whole.ToArray();
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
            var text = PayloadText.Of(new StoredPayload(PayloadKind.Tensors, changed))!;
            Assert.True(text[0] is '[' or '{', $"seed {Seed}: {text}");
            using var _ = JsonDocument.Parse(text);
        }
    }

    private static byte[] Le(float value) => BitConverter.GetBytes(value);

    private static byte[] Tensor(string name, OnnxElementType type, long[] shape, byte[] data)
    {
        var bytes = new List<byte>();
        var utf8 = Encoding.UTF8.GetBytes(name);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)utf8.Length);
        bytes.AddRange(number[..2]);
        bytes.AddRange(utf8);
        bytes.AddRange([(byte)type, (byte)shape.Length]);
        foreach (var dimension in shape)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, dimension);
            bytes.AddRange(number);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(number, (uint)data.Length);
        bytes.AddRange(number[..4]);
        bytes.AddRange(data);
        return [.. bytes];
    }
}
