using System.Text;
using Tarn.Native;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class TensorTypesTests
{
    [Theory]
    [InlineData("FP32", OnnxElementType.Float, 4)]
    [InlineData("FP16", OnnxElementType.Float16, 2)]
    [InlineData("BF16", OnnxElementType.BFloat16, 2)]
    [InlineData("UINT64", OnnxElementType.UInt64, 8)]
    [InlineData("BOOL", OnnxElementType.Bool, 1)]
    [InlineData("BYTES", OnnxElementType.String, 0)]
    public void A_name_of_the_protocol_and_its_type_belong_together(string name, OnnxElementType type, int size)
    {
        Assert.Equal(type, TensorTypes.OfOpenInference(Encoding.ASCII.GetBytes(name)));
        Assert.Equal(name, TensorTypes.OpenInference(type));
        Assert.Equal(size, TensorTypes.Size(type));
    }

    [Theory]
    [InlineData("fp32")]
    [InlineData("FLOAT")]
    [InlineData("")]
    public void Another_name_is_none(string name) => Assert.Equal(OnnxElementType.Undefined, TensorTypes.OfOpenInference(Encoding.ASCII.GetBytes(name)));

    [Fact]
    public void Types_that_no_protocol_names_are_not_served() => Assert.False(TensorTypes.IsServed(OnnxElementType.Complex64));
}
