using Google.Protobuf;
using Tarn.Serving.OpenInference;
using Xunit;
using static Tarn.Serving.Tests.InferRequests;

namespace Tarn.Serving.Tests;

/// <summary>What ModelInfer refuses: the tensor, the rule and the remedy are said.</summary>
public sealed class GrpcInferRefusalTests
{
    [Fact]
    public async Task What_does_not_fit_is_refused_with_the_tensor_the_rule_and_the_remedy()
    {
        await using var host = await ServingHost.StartAsync();
        async Task Refused(string expected, Action<ModelInferRequest> change, int status = 3)
        {
            var request = Dense(1, 2, 3, 4);
            change(request);
            var message = await host.GrpcRefusedAsync(status, "ModelInfer", request.ToByteArray());
            Assert.Contains(expected, message, StringComparison.Ordinal);
        }

        static void Contents(ModelInferRequest request, InferTensorContents contents)
        {
            request.RawInputContents.Clear();
            request.Inputs[0].Contents = contents;
        }

        await Refused("features: 12 bytes for FP32[1,4], which takes 16", static r => r.RawInputContents[0] = Raw(1f, 2f, 3f));
        await Refused("features: 16 bytes for FP32[4,100000000], which takes 1600000000", static r => (r.Inputs[0].Shape[0], r.Inputs[0].Shape[1]) = (4, 100_000_000));
        await Refused("A tensor has less than 2 GiB. (value: features: [9223372036854775807,4])", static r => r.Inputs[0].Shape[0] = long.MaxValue);
        await Refused("A tensor has at most 16 dimensions.", static r => r.Inputs[0].Shape.AddRange(Enumerable.Repeat(1L, 20)));
        await Refused("has an entry for each of the inputs, or none at all. (value: 2 for 1 inputs)", static r =>
        {
            r.ModelName = "simple";
            r.RawInputContents.Add(Raw(1f));
        });
        await Refused("The inputs of the model dense are features, each sent once.", static r => r.RawInputContents.Add(Raw(1f)));
        await Refused("each sent once", static r => r.Inputs.Add(r.Inputs[0]));
        await Refused("sent once, as data or as bytes. (value: INPUT0)", static r =>
        {
            r.ModelName = "simple";
            r.Inputs[0] = Input("INPUT0", "INT32", 1, 16);
            r.Inputs.Add(r.Inputs[0]);
            r.RawInputContents.Clear();
            r.RawInputContents.Add([Raw(new int[16]), Raw(new int[16])]);
        });
        await Refused("in raw_input_contents or as contents. (value: features)", static r => r.Inputs[0].Contents = new() { Fp32Contents = { 1 } });
        await Refused("features: 3 for FP32[1,4], which has 4", static r => Contents(r, new() { Fp32Contents = { 1, 2, 3 } }));
        await Refused("features: more for FP32[1,4], which has 4", static r => Contents(r, new() { Fp32Contents = { 1, 2, 3, 4, 5 } }));
        await Refused("Elements of FP32 are in fp32_contents. (value: features: int_contents)", static r => Contents(r, new() { IntContents = { 1, 2, 3, 4 } }));
        await Refused("features: fewer for FP32[100000000,4]", static r =>
        {
            Contents(r, new() { Fp32Contents = { 1 } });
            r.Inputs[0].Shape[0] = 100_000_000;
        });
        await Refused("needs a value for each of its inputs", static r =>
        {
            r.Inputs.Clear();
            r.RawInputContents.Clear();
        });
        await Refused("The outputs of the model dense are probabilities.", static r => r.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "logits" }));
        await Refused("An output is asked for once.", static r => r.Outputs.Add([new() { Name = "probabilities" }, new() { Name = "probabilities" }]));
        await Refused("The parameter priority is a whole number of 0 to 2147483647, as int64_param or uint64_param. (value: -1)", static r => r.Parameters.Add("priority", new() { Int64Param = -1 }));
        await Refused("The parameter timeout is a whole number", static r => r.Parameters.Add("timeout", new() { StringParam = "1" }));
        await Refused("memory is not shared with clients here. (value: features)", static r => r.Inputs[0].Parameters.Add("shared_memory_region", new() { StringParam = "r" }), status: 12);
        await Refused("A version is a whole number.", static r => r.ModelVersion = "one");
        await Refused("A version of a model is served", static r => r.ModelVersion = "77", status: 5);
        await Refused("An element of INT8 is -128 to 127. (value: INT8[1]: 128)", static r =>
        {
            r.ModelName = "types";
            r.Inputs[0] = Input("INT8", "INT8", 1, 2);
            Contents(r, new() { IntContents = { -128, 128 } });
        });
        await Refused("Elements of FP16 have no list in contents. (value: FP16: fp32_contents) Send them in raw_input_contents.", static r =>
        {
            r.ModelName = "types";
            r.Inputs[0] = Input("FP16", "FP16", 1, 2);
            Contents(r, new() { Fp32Contents = { 1, 2 } });
        });
        await Refused("is its length in four bytes", static r =>
        {
            r.ModelName = "texts";
            r.Inputs[0] = Input("text", "BYTES", 2);
            r.RawInputContents[0] = ByteString.CopyFrom(1, 0, 0, 0, 65, 9, 0, 0);
        });
    }

    [Theory]
    [InlineData("0F", "byte 1: no field begins so")]
    [InlineData("0A", "byte 1: it ends inside a number")]
    [InlineData("0A05", "byte 2: a length goes beyond the end")]
    [InlineData("0AFFFFFFFFFFFFFFFFFF01", "byte 11: a length goes beyond the end")]
    [InlineData("98FFFFFFFFFFFFFFFFFFFF01", "byte 10: a number has more than ten bytes")]
    [InlineData("0B", "byte 1: it ends inside a group")]
    [InlineData("0B14", "byte 2: a group is not closed as it was opened")]
    [InlineData("0C", "byte 1: a group is not closed as it was opened")]
    [InlineData("09", "byte 1: it ends inside a value")]
    [InlineData("0A01FF", "byte 3: a text is not UTF-8")]
    [InlineData("0A0564656E73652A020A05", "byte 11: a length goes beyond the end")]
    public async Task What_is_no_message_is_refused_with_the_byte(string hex, string said)
    {
        await using var host = await ServingHost.StartAsync(static folder => TestModels.Write(folder, "dense", 1, TestModels.Dense()));
        var message = await host.GrpcRefusedAsync(3, "ModelInfer", Convert.FromHexString(hex));
        Assert.Contains(said, message, StringComparison.Ordinal);
        Assert.Contains("grpc_service.proto", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_takes_no_larger_requests_than_it_says()
    {
        await using var host = await ServingHost.StartAsync(static folder => TestModels.Write(folder, "dense", 1, TestModels.Dense()), new ServingOptions { Defaults = new ModelOptions { MaxRequestBytes = 1024 } });
        Assert.Contains("at most 1024 bytes", await host.GrpcRefusedAsync(8, "ModelInfer", Dense(new float[4000]).ToByteArray()), StringComparison.Ordinal);
        Assert.Equal(12, (await host.CallAsync("ModelInfer", Dense(1, 2, 3, 4), ModelInferResponse.Parser)).RawOutputContents[0].Length);
    }

    [Fact]
    public async Task What_is_too_much_is_refused_with_the_time_of_a_retry()
    {
        await using var host = await ServingHost.StartAsync(static folder => TestModels.Write(folder, "slow", 1, TestModels.Slow()), new ServingOptions { Defaults = new ModelOptions { Instances = 1, MaxQueue = 0 } });
        ModelInferRequest Rows(int rows) => new() { ModelName = "slow", Inputs = { Input("x", "FP32", rows, 256) }, RawInputContents = { Raw(new float[rows * 256]) } };
        var (large, small) = (Rows(4096).ToByteArray(), Rows(1).ToByteArray());
        while (true)
        {
            // While the one instance is at the large request, a small one finds no place; it may come too early, and too late.
            var long_ = host.Grpc.CallAsync("/inference.GRPCInferenceService/ModelInfer", large, cancellation: TestContext.Current.CancellationToken).AsTask();
            while (!long_.IsCompleted)
            {
                using var reply = await host.Grpc.CallAsync("/inference.GRPCInferenceService/ModelInfer", small, cancellation: TestContext.Current.CancellationToken);
                Assert.Contains(reply.Status, new[] { 0, 14 });
                if (reply.Status == 14)
                {
                    Assert.True(int.Parse(reply.Metadata["retry-after"], System.Globalization.CultureInfo.InvariantCulture) >= 1);
                    (await long_).Dispose();
                    return;
                }
            }

            (await long_).Dispose();
        }
    }

    [Fact]
    public async Task Who_may_not_ask_a_model_is_told_so_and_others_go_on()
    {
        await using var host = await ServingHost.StartAsync(
            static folder => TestModels.Write(folder, "dense", 1, TestModels.Dense()),
            access: static (http, name) => http.Request.Headers["x-who"] == "stranger" && name is "dense" ? $"{name} is not for strangers." : null);
        using var refused = await host.Grpc.CallAsync("/inference.GRPCInferenceService/ModelInfer", Dense(1, 2, 3, 4).ToByteArray(), static r => r.Headers.Add("x-who", "stranger"), TestContext.Current.CancellationToken);
        Assert.Equal((7, "dense is not for strangers."), (refused.Status, refused.Message));
        using var config = await host.Grpc.CallAsync("/inference.GRPCInferenceService/ModelConfig", new ModelConfigRequest { Name = "dense" }.ToByteArray(), static r => r.Headers.Add("x-who", "stranger"), TestContext.Current.CancellationToken);
        Assert.Equal(7, config.Status);
        Assert.Single((await host.CallAsync("ModelInfer", Dense(1, 2, 3, 4), ModelInferResponse.Parser)).Outputs);
    }
}
