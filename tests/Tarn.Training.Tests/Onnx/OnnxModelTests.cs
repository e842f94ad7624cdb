using Google.Protobuf;
using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class OnnxModelTests
{
    [Fact]
    public void What_is_not_named_in_the_schema_survives_reading_and_writing()
    {
        // A documentation text (field 6 of the model) and a field that no version of the format has yet.
        byte[] foreign = [(6 << 3) | 2, 3, (byte)'d', (byte)'o', (byte)'c', .. Varint((999 << 3) | 0), 42];
        byte[] bytes = [.. SmallGraph.Network().ToBytes(), .. foreign];
        var again = OnnxModel.Read(bytes, "test").ToBytes();
        Assert.Equal(bytes.Order(), again.Order());
        Assert.True(again.AsSpan().IndexOf("doc"u8) > 0);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:1", "Git LFS")]
    [InlineData("<!DOCTYPE html><html>", "HTML")]
    [InlineData("{\"message\": \"Not found\"}", "JSON")]
    [InlineData("PK\u0003\u0004xxxx", "ZIP")]
    [InlineData("\u0000\u0001\u0002garbage", "does not read as ONNX")]
    public void What_is_found_in_the_place_of_a_model_is_named(string content, string expected)
    {
        var error = Assert.Throws<TarnException>(() => OnnxModel.Read(System.Text.Encoding.UTF8.GetBytes(content), "thing.onnx"));
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Contains(expected, error.Rule, StringComparison.Ordinal);
        Assert.Equal("thing.onnx", error.Value);
        Assert.NotNull(error.Remedy);
    }

    [Fact]
    public void A_file_that_is_cut_off_anywhere_or_damaged_is_an_error_that_says_so_or_a_model_that_is_whole()
    {
        var bytes = SmallGraph.Network().ToBytes();
        for (var length = 0; length < bytes.Length; length++)
        {
            Reads(bytes.AsSpan(0, length).ToArray());
        }

        var random = new Random(20261201);
        for (var i = 0; i < 3000; i++)
        {
            var damaged = bytes.ToArray();
            for (var k = random.Next(1, 4); k > 0; k--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            Reads(damaged);
        }

        static void Reads(byte[] bytes)
        {
            try
            {
                OnnxValidator.Check(OnnxModel.Read(bytes, "cut"), "cut");
            }
            catch (TarnException error)
            {
                Assert.Contains(error.Kind, new[] { ErrorKind.Corrupt, ErrorKind.Unsupported });
            }
        }
    }

    [Fact]
    public void The_validator_names_what_is_not_whole()
    {
        AssertRule("conv_w", m => m.Graph.Node[0].Input[1] = "conv_w");
        AssertRule("holds", m => m.Graph.Initializer[0].Dims[0] = 9);
        AssertRule("there already", m => m.Graph.Node[1].Output[0] = m.Graph.Node[0].Output[0], m => m.Graph.Node[2].Input[0] = m.Graph.Node[0].Output[0]);
        AssertRule("outputs", m => m.Graph.Output[0].Name = "nothing");
        AssertRule("operator set 99", m => m.Proto.OpsetImport[0].Version = 99);
        AssertRule("operator set 3", m => m.Proto.OpsetImport[0].Version = 3);
        AssertRule("com.microsoft.nchwc", m => m.Graph.Node[0].Domain = "com.microsoft.nchwc");
        AssertRule("weights.bin", m =>
        {
            m.Graph.Initializer[0].DataLocation = TensorProto.Types.DataLocation.External;
            m.Graph.Initializer[0].ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "weights.bin" });
        });

        static void AssertRule(string expected, params Action<OnnxModel>[] damages)
        {
            var model = SmallGraph.Network();
            foreach (var damage in damages)
            {
                damage(model);
            }

            Assert.Contains(expected, Assert.Throws<TarnException>(() => OnnxValidator.Check(model, "test")).Message, StringComparison.Ordinal);
        }
    }

    private static byte[] Varint(uint value)
    {
        using var stream = new MemoryStream();
        using var output = new CodedOutputStream(stream);
        output.WriteUInt32(value);
        output.Flush();
        return stream.ToArray();
    }
}
