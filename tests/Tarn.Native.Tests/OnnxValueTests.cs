using Tarn.Core;
using Xunit;

namespace Tarn.Native.Tests;

public sealed class OnnxValueTests
{
    [Fact]
    public void Every_type_goes_in_and_comes_out_as_it_was()
    {
        Same<float>([1.5f, float.NaN, float.MinValue, -0f]);
        Same<double>([1.5, double.PositiveInfinity, double.Epsilon, 0]);
        Same<byte>([0, 1, 128, 255]);
        Same<sbyte>([-128, -1, 0, 127]);
        Same<ushort>([0, 1, 2, ushort.MaxValue]);
        Same<short>([short.MinValue, -1, 0, short.MaxValue]);
        Same<uint>([0, 1, 2, uint.MaxValue]);
        Same<int>([int.MinValue, -1, 0, int.MaxValue]);
        Same<ulong>([0, 1, 2, ulong.MaxValue]);
        Same<long>([long.MinValue, -1, 0, long.MaxValue]);
        Same<bool>([true, false, false, true]);
        Same<Half>([(Half)1.5f, Half.NaN, Half.MaxValue, Half.NegativeInfinity]);
        Same<ushort>([0x3FC0, 0x7F80, 0, 0xBFC0], OnnxElementType.BFloat16);
        Same<byte>([0x38, 0x7F, 0, 0xB8], OnnxElementType.Float8E4M3FN);
        Same<byte>([0x3C, 0x7C, 0, 0xBC], OnnxElementType.Float8E5M2);
        Same<byte>([0x21, 0xF8], OnnxElementType.UInt4);
        Same<byte>([0x21, 0xF8], OnnxElementType.Int4);
    }

    [Theory]
    [InlineData(OnnxElementType.UInt4, new byte[] { 0x21, 0xF8, 0x07 }, new float[] { 0.5f, 1, 4, 7.5f, 3.5f })]
    [InlineData(OnnxElementType.Int4, new byte[] { 0x21, 0xF8, 0x07 }, new float[] { 0.5f, 1, -4, -0.5f, 3.5f })]
    public void Numbers_of_four_bits_lie_two_in_a_byte(OnnxElementType type, byte[] data, float[] expected)
    {
        using var session = OnnxSession.FromBytes(new OnnxModelBytes().Opset(21).Input("x", type, 5).Initializer("s", [0.5f])
            .Node("DequantizeLinear", ["x", "s"], ["y"]).Output("y", OnnxElementType.Float, 5).ToArray());
        using var x = OnnxValue.FromMemory<byte>(type, data, 5);
        Assert.Equal(data, x.ToArray<byte>());
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { ["x"] = x });
        Assert.Equal(expected, outputs[0].ToArray<float>());
    }

    [Fact]
    public void Texts_go_in_and_come_out_as_they_were()
    {
        string[] texts = ["", "a", "größer als ein Stück", "日本語 🍕", new string('x', 100_000), ""];
        using var session = OnnxSession.FromBytes(OnnxModelBytes.Identity(OnnxElementType.String, "n", "m"));
        using var x = OnnxValue.FromStrings(texts, 2, 3);
        Assert.Equal(texts, x.GetStrings());
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { ["x"] = x });
        Assert.Equal(texts, outputs[0].GetStrings());
        Assert.Equal([2, 3], outputs[0].Shape);
        Assert.Throws<TarnException>(() => OnnxValue.FromStrings(texts, 5));
    }

    [Fact]
    public void Scalars_and_empty_tensors_are_tensors_too()
    {
        using var session = OnnxSession.FromBytes(OnnxModelBytes.Identity(OnnxElementType.Int64));
        using var scalar = OnnxValue.FromMemory<long>(new long[] { 7 });
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { ["x"] = scalar });
        Assert.Equal([7], outputs[0].ToArray<long>());
        Assert.Empty(outputs[0].Shape);
        using var list = OnnxSession.FromBytes(OnnxModelBytes.Identity(OnnxElementType.Float, "n", 3));
        using var none = OnnxValue.FromMemory<float>(Array.Empty<float>(), 0, 3);
        using var nothing = list.Run(new Dictionary<string, OnnxValue> { ["x"] = none });
        Assert.Equal([0, 3], nothing[0].Shape);
        Assert.Empty(nothing[0].ToArray<float>());
        using var texts = OnnxValue.FromStrings([], 0);
        Assert.Empty(texts.GetStrings());
    }

    [Fact]
    public void Memory_is_of_the_type_of_its_elements()
    {
        Assert.Throws<TarnException>(() => OnnxValue.FromMemory<char>(new char[2], 2));
        Assert.Equal(ErrorKind.Unsupported, Assert.Throws<TarnException>(() => OnnxValue.Allocate(OnnxElementType.Complex128, 2)).Kind);
        Assert.Throws<TarnException>(() => OnnxValue.FromMemory<float>(OnnxElementType.Double, new float[2], 2));
        Assert.Throws<TarnException>(() => OnnxValue.FromMemory<byte>(OnnxElementType.String, new byte[2], 2));
        Assert.Throws<TarnException>(() => OnnxValue.FromMemory<ushort>(OnnxElementType.Float16, new ushort[2], 2));
    }

    private static void Same<T>(T[] data, OnnxElementType type = OnnxElementType.Undefined)
        where T : unmanaged
    {
        type = type == OnnxElementType.Undefined ? OnnxElementTypes.Of<T>() : type;
        using var x = OnnxValue.FromMemory<T>(type, data, 4);
        Assert.Equal(type, x.ElementType);
        Assert.Equal(data, x.ToArray<T>());
        if (type is OnnxElementType.Float8E4M3FN or OnnxElementType.Float8E5M2 or OnnxElementType.UInt4 or OnnxElementType.Int4)
        {
            return; // No kernel of the processor's copies it: it can be held, and taken by operators for quantized numbers.
        }

        using var session = OnnxSession.FromBytes(OnnxModelBytes.Identity(type, "n"), new OnnxSessionOptions { Name = type.ToString() });
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { ["x"] = x });
        Assert.Equal(type, outputs[0].ElementType);
        Assert.Equal(data, outputs[0].ToArray<T>());
    }
}
