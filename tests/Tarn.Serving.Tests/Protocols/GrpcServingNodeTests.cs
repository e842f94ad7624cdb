using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>gRPC's own client for Node.js works against the model server.</summary>
public sealed class GrpcServingNodeTests
{
    [Fact]
    public async Task The_client_of_node_infers_streams_and_loads_models()
    {
        await using var host = await ServingHost.StartAsync(static folder =>
        {
            TestModels.Write(folder, "simple", 1, TestModels.Simple());
            TestModels.Write(folder, "texts", 1, TestModels.Texts());
            TestModels.Write(folder, "types", 1, TestModels.AllTypes());
            TestModels.Write(folder, "slow", 1, TestModels.Slow());
        });
        const string Seen = """
            {"up":[true,true,true],"server":"tarn","inputs":["INPUT0 INT32 -1,16","INPUT1 INT32 -1,16"],"sum":["s",1,30],"words":"070000006772c3b6c39f6500000000","types":[14,true],
            "stream":[0,50,true,1],"repository":["READY",0,"UNAVAILABLE",5,0,"READY"],"statistics":1,"platform":"onnxruntime_onnx","health":"SERVING",
            "errors":[3,"The input text of the model texts is BYTES. (value: INT32) Send text as BYTES[-1].",5],"late":4,"whole":true}
            """;
        Assert.Equal(Seen.ReplaceLineEndings(""), await GrpcNodeClientTests.RunAsync(host.GrpcUrl, "serving"));
    }
}
