using System.Text.Json.Nodes;
using Google.Protobuf;
using Tarn.Serving.OpenInference;
using Xunit;
using static Tarn.Serving.Tests.InferRequests;

namespace Tarn.Serving.Tests;

/// <summary>ModelInfer: what is read from its messages, and what is answered.</summary>
public sealed class GrpcInferTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 7)]
    [InlineData(3, 5000)]
    public async Task Elements_of_every_type_go_in_raw_and_come_out_raw(int seed, int rows)
    {
        await using var host = await ServingHost.StartAsync();
        var request = AllTypes(new Random(seed), rows);
        request.Id = "größe";

        var answer = await host.CallAsync("ModelInfer", request, ModelInferResponse.Parser);

        Assert.Equal(("types", "1", "größe"), (answer.ModelName, answer.ModelVersion, answer.Id));
        Assert.Equal(Types.Select(static t => t.Type), answer.Outputs.Select(static o => o.Datatype));
        Assert.All(answer.Outputs, o => Assert.Equal([rows, 2], o.Shape));
        Assert.Equal(request.RawInputContents, answer.RawOutputContents);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 2000)]
    public async Task Elements_in_contents_mean_the_same_as_raw_ones(int seed, int rows)
    {
        await using var host = await ServingHost.StartAsync(static folder => TestModels.Write(folder, "types", 1, TestModels.TypesWithContents()));
        var raw = AllTypes(new Random(seed), rows);
        var typed = new ModelInferRequest { ModelName = "types" };
        var expected = new List<ByteString>();
        foreach (var (input, bytes) in raw.Inputs.Zip(raw.RawInputContents).Where(static p => p.First.Datatype is not ("FP16" or "BF16")))
        {
            var own = input.Clone();
            own.Contents = Contents(input.Datatype, bytes);
            typed.Inputs.Add(own);
            expected.Add(bytes);
        }

        Assert.Equal(expected, (await host.CallAsync("ModelInfer", typed, ModelInferResponse.Parser)).RawOutputContents);
    }

    [Fact]
    public async Task Fields_come_in_any_order_in_any_form_and_the_last_of_several_counts()
    {
        await using var host = await ServingHost.StartAsync();
        var entry = Fields(static e =>
        {
            e.Bytes(2, Fields(static v => v.Number(2, 3)));
            e.Bytes(1, "priority");
        });
        var input = Fields(s =>
        {
            s.Bytes(5, Fields(static c =>
            {
                c.WriteTag(6, WireFormat.WireType.Fixed32);
                c.WriteFloat(1);
                c.WriteTag(6, WireFormat.WireType.LengthDelimited);
                c.WriteLength(8);
                c.WriteFloat(2);
                c.WriteFloat(3);
                c.Bytes(2, []);
            }));
            s.Number(3, 1);
            s.Bytes(2, "INT64");
            s.Bytes(5, Fields(static c =>
            {
                c.WriteTag(6, WireFormat.WireType.LengthDelimited);
                c.WriteLength(4);
                c.WriteFloat(4);
            }));
            s.Bytes(1, "something else");
            s.Bytes(3, [4]);
            s.Bytes(2, "FP32");
            s.Bytes(1, "features");
        });
        var message = Fields(s =>
        {
            s.Bytes(6, Fields(static o => o.Bytes(1, "probabilities")));
            s.Bytes(5, input);
            s.Bytes(1, "no such model");
            s.Bytes(3, "first");
            s.Number(5, 7);
            s.Bytes(4, entry);
            s.WriteTag(99, WireFormat.WireType.StartGroup);
            s.Number(1, ulong.MaxValue);
            s.WriteTag(98, WireFormat.WireType.StartGroup);
            s.WriteTag(2, WireFormat.WireType.Fixed64);
            s.WriteFixed64(1);
            s.WriteTag(98, WireFormat.WireType.EndGroup);
            s.WriteTag(99, WireFormat.WireType.EndGroup);
            s.WriteTag(536870911, WireFormat.WireType.Fixed32);
            s.WriteFixed32(1);
            s.Bytes(3, "last");
            s.Bytes(1, "dense");
        });

        var answer = await host.InferAsync(message);
        var plain = await host.CallAsync("ModelInfer", Dense(1, 2, 3, 4), ModelInferResponse.Parser);

        Assert.Equal("last", answer.Id);
        Assert.Equal(plain.RawOutputContents, answer.RawOutputContents);
    }

    [Fact]
    public async Task Answers_are_those_of_REST()
    {
        await using var host = await ServingHost.StartAsync();
        var random = new Random(5);
        for (var round = 0; round < 20; round++)
        {
            float[] features = [.. Enumerable.Range(0, 4 * (1 + random.Next(3))).Select(_ => (random.NextSingle() - 0.5f) * 10)];
            var rest = await host.AskAsync("/v2/models/dense/infer", $$"""{"inputs":[{"name":"features","shape":[{{features.Length / 4}},4],"datatype":"FP32","data":{{System.Text.Json.JsonSerializer.Serialize(features)}}}]}""");
            var answer = await host.CallAsync("ModelInfer", Dense(features), ModelInferResponse.Parser);
            Assert.Equal(rest["outputs"]![0]!["data"]!.AsArray().Select(static v => v!.GetValue<float>()), Values<float>(answer.RawOutputContents.Single()));
            Assert.Equal((string?)rest["model_version"], answer.ModelVersion);
        }
    }

    [Fact]
    public async Task Outputs_that_are_asked_for_come_alone_and_as_classes_where_these_are_wanted()
    {
        await using var host = await ServingHost.StartAsync();
        var dense = Dense(1, 2, 3, 4, 4, 3, 2, 1);
        dense.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "probabilities", Parameters = { ["classification"] = new InferParameter { Int64Param = 2 }, ["binary_data"] = new InferParameter { BoolParam = true } } });
        var answer = await host.CallAsync("ModelInfer", dense, ModelInferResponse.Parser);
        var rest = await host.AskAsync("/v2/models/dense/infer", """{"inputs":[{"name":"features","shape":[2,4],"datatype":"FP32","data":[1,2,3,4,4,3,2,1]}],"outputs":[{"name":"probabilities","parameters":{"classification":2}}]}""");
        Assert.Equal(("BYTES", "2 2"), (answer.Outputs.Single().Datatype, string.Join(' ', answer.Outputs.Single().Shape)));
        Assert.Equal(rest["outputs"]![0]!["data"]!.AsArray().Select(static v => (string)v!), Contents("BYTES", answer.RawOutputContents.Single()).BytesContents.Select(static t => t.ToStringUtf8()));

        int[] row = [.. Enumerable.Range(0, 16)];
        var simple = new ModelInferRequest
        {
            ModelName = "simple",
            ModelVersion = "1",
            Inputs = { Input("INPUT1", "INT32", 1, 16), Input("INPUT0", "INT32", 1, 16) },
            RawInputContents = { Raw(row), Raw([.. row.Select(static v => 3 * v)]) },
            Outputs = { new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "OUTPUT1" } },
        };
        answer = await host.CallAsync("ModelInfer", simple, ModelInferResponse.Parser);
        Assert.Equal("OUTPUT1", Assert.Single(answer.Outputs).Name);
        Assert.Equal(row.Select(static v => 2 * v), Values<int>(Assert.Single(answer.RawOutputContents)));
    }

    [Fact]
    public async Task Refusals_say_what_those_of_REST_say()
    {
        await using var host = await ServingHost.StartAsync();
        foreach (var (shape, type, name) in new[] { ("[1,3]", "FP32", "features"), ("[1,4]", "FP64", "features"), ("[1,4]", "FP32", "features2"), ("[1,4]", "FP99", "features"), ("[-1,4]", "FP32", "features") })
        {
            var request = new ModelInferRequest { ModelName = "dense", Inputs = { Input(name, type, JsonNode.Parse(shape)!.AsArray().Select(static d => d!.GetValue<long>()).ToArray()) } };
            request.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { Enumerable.Repeat(1f, shape == "[1,3]" ? 3 : 4) } };
            var rest = shape == "[-1,4]" ? null : await host.RefusedAsync(400, "/v2/models/dense/infer", $$"""{"inputs":[{"name":"{{name}}","shape":{{shape}},"datatype":"{{type}}","data":[1,1,1{{(shape == "[1,3]" ? "" : ",1")}}]}]}""");
            var message = await host.GrpcRefusedAsync(3, "ModelInfer", request.ToByteArray());
            Assert.Equal(rest ?? message, message);
        }

        var missing = new ModelInferRequest { ModelName = "nothing" }.ToByteArray();
        Assert.Equal(await host.RefusedAsync(404, "/v2/models/nothing/infer", "{}"), await host.GrpcRefusedAsync(5, "ModelInfer", missing));
        var lookup = new ModelInferRequest { ModelName = "lookup", Inputs = { Input("row", "INT64", 1) }, RawInputContents = { Raw(99L) } }.ToByteArray();
        Assert.Equal(await host.RefusedAsync(400, "/v2/models/lookup/infer", """{"inputs":[{"name":"row","shape":[1],"datatype":"INT64","data":[99]}]}"""), await host.GrpcRefusedAsync(3, "ModelInfer", lookup));
    }
}
