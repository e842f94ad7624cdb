using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class OpenInferenceTests
{
    private static readonly string Row = string.Join(',', Enumerable.Range(0, 16));

    [Fact]
    public async Task A_request_of_JSON_is_answered_in_JSON()
    {
        await using var host = await ServingHost.StartAsync();

        var answer = await host.AskAsync("/v2/models/simple/infer", $$"""
            {"id": "42", "inputs": [
              {"name": "INPUT0", "shape": [1, 16], "datatype": "INT32", "data": [{{Row}}]},
              {"name": "INPUT1", "shape": [1, 16], "datatype": "INT32", "data": [[{{Row}}]]}],
             "outputs": [{"name": "OUTPUT0"}]}
            """);

        Assert.Equal("42", answer["id"]!.GetValue<string>());
        Assert.Equal("1", answer["model_version"]!.GetValue<string>());
        var output = Assert.Single(answer["outputs"]!.AsArray())!;
        Assert.Equal([1, 16], output["shape"]!.AsArray().Select(static d => d!.GetValue<int>()));
        Assert.Equal(Enumerable.Range(0, 16).Select(static i => 2 * i), output["data"]!.AsArray().Select(static d => d!.GetValue<int>()));
    }

    [Fact]
    public async Task Binary_tensors_go_in_and_come_out()
    {
        await using var host = await ServingHost.StartAsync();
        var header = Encoding.UTF8.GetBytes("""
            {"inputs":[{"name":"INPUT0","shape":[1,16],"datatype":"INT32","parameters":{"binary_data_size":64}},{"name":"INPUT1","shape":[1,16],"datatype":"INT32","parameters":{"binary_data_size":64}}],
             "parameters":{"binary_data_output":true}}
            """);
        var body = new byte[header.Length + 128];
        header.CopyTo(body, 0);
        for (var i = 0; i < 32; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(header.Length + (4 * i)), i % 16);
        }

        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.Add("Inference-Header-Content-Length", header.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var response = await host.Client.PostAsync(new Uri("/v2/models/simple/infer", UriKind.Relative), content, TestContext.Current.CancellationToken);

        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, Encoding.UTF8.GetString(bytes));
        var length = int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single(), System.Globalization.CultureInfo.InvariantCulture);
        var json = JsonNode.Parse(bytes.AsSpan(0, length))!;
        Assert.Equal(64, json["outputs"]![0]!["parameters"]!["binary_data_size"]!.GetValue<int>());
        Assert.Equal(length + 128, bytes.Length);
        Assert.Equal(30, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(length + 60)));
    }

    [Fact]
    public async Task Server_models_readiness_and_statistics_are_said()
    {
        await using var host = await ServingHost.StartAsync();

        Assert.Contains("\"binary_tensor_data\"", (await host.GetAsync("/v2")).Body, StringComparison.Ordinal);
        Assert.Equal(200, (await host.GetAsync("/v2/health/live")).Status);
        Assert.Equal(200, (await host.GetAsync("/v2/health/ready")).Status);
        Assert.Equal(200, (await host.GetAsync("/v2/models/simple/ready")).Status);
        Assert.Equal(404, (await host.GetAsync("/v2/models/simpel/ready")).Status);
        Assert.Contains("\"datatype\":\"INT32\",\"shape\":[-1,16]", (await host.GetAsync("/v2/models/simple")).Body, StringComparison.Ordinal);
        Assert.NotNull(JsonNode.Parse((await host.GetAsync("/v2/models/simple/config")).Body)!["max_batch_size"]);
        Assert.NotNull(JsonNode.Parse((await host.GetAsync("/v2/models/stats")).Body)!["model_stats"]);
    }

    [Fact]
    public async Task A_model_is_unloaded_and_loaded_by_the_repository()
    {
        await using var host = await ServingHost.StartAsync();

        Assert.Equal(200, (await host.PostAsync("/v2/repository/models/simple/unload", "{}")).Status);
        Assert.Equal(404, (await host.GetAsync("/v2/models/simple")).Status);
        Assert.Equal(200, (await host.PostAsync("/v2/repository/models/simple/load", "")).Status);
        Assert.Equal(200, (await host.GetAsync("/v2/models/simple")).Status);
        Assert.Contains("READY", (await host.PostAsync("/v2/repository/index", "")).Body, StringComparison.Ordinal);
    }
}
