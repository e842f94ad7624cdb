using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Status, metadata, classify and regress of TensorFlow Serving's REST API, and what it says to requests that are wrong.</summary>
public sealed class TensorFlowModelTests(ProtocolHost shared) : IClassFixture<ProtocolHost>
{
    private readonly ServingHost _host = shared.Host;

    [Fact]
    public async Task The_status_is_that_of_all_versions_or_of_the_one_that_is_named()
    {
        const string Ok = """{"version":"$","state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}""";
        var (three, one) = (Ok.Replace('$', '3'), Ok.Replace('$', '1'));

        Assert.Equal($$"""{"model_version_status":[{{three}},{{one}}]}""", (await _host.GetAsync("/v1/models/sum")).Body);
        Assert.Equal($$"""{"model_version_status":[{{one}}]}""", (await _host.GetAsync("/v1/models/sum/versions/1")).Body);
        Assert.Equal($$"""{"model_version_status":[{{one}}]}""", (await _host.GetAsync("/v1/models/sum/labels/stable")).Body);
    }

    [Fact]
    public async Task A_version_that_cannot_be_loaded_has_ended_with_its_error()
    {
        var status = JsonNode.Parse((await _host.GetAsync("/v1/models/broken")).Body)!["model_version_status"]![0]!;

        Assert.Equal("END", status["state"]!.GetValue<string>());
        Assert.NotEqual("OK", status["status"]!["error_code"]!.GetValue<string>());
        Assert.NotEmpty(status["status"]!["error_message"]!.GetValue<string>());
        Assert.Equal(503, (await _host.PostAsync("/v1/models/broken:predict", """{"instances": [1]}""")).Status);
    }

    [Fact]
    public async Task Metadata_says_the_signature_in_the_form_of_a_SignatureDef()
    {
        foreach (var path in (string[])["/v1/models/three/metadata", "/v1/models/three/versions/1/metadata"])
        {
            var metadata = JsonNode.Parse((await _host.GetAsync(path)).Body)!;
            Assert.Equal("""{"name":"three","signature_name":"","version":"1"}""", metadata["model_spec"]!.ToJsonString());
            var signature = metadata["metadata"]!["signature_def"]!["signature_def"]!["serving_default"]!;
            Assert.Equal("tensorflow/serving/predict", signature["method_name"]!.GetValue<string>());
            Assert.Equal("DT_FLOAT", signature["inputs"]!["signal"]!["dtype"]!.GetValue<string>());
            Assert.Equal(["-1", "5"], signature["inputs"]!["signal"]!["tensor_shape"]!["dim"]!.AsArray().Select(static d => d!["size"]!.GetValue<string>()));
            Assert.Equal("DT_STRING", signature["outputs"]!["tag_out"]!["dtype"]!.GetValue<string>());
        }

        Assert.Equal("1", JsonNode.Parse((await _host.GetAsync("/v1/models/sum/labels/stable/metadata")).Body)!["model_spec"]!["version"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("/v1/models/sum:predict")]
    [InlineData("/v1/models/sum/versions/1:predict")]
    [InlineData("/v1/models/sum/versions/3:predict")]
    [InlineData("/v1/models/sum/labels/stable:predict")]
    [InlineData("/v1/models/%73um:predict")]
    [InlineData("/v1/models/sum%3Apredict")]
    public async Task Versions_and_labels_are_asked_by_their_paths(string path)
    {
        Assert.Equal("""{"outputs":[3.0]}""", (await _host.PostAsync(path, """{"inputs": {"a": [1], "b": [2]}}""")).Body);
    }

    [Theory]
    [InlineData("POST", "/v1/models/half:predict", 404)]
    [InlineData("POST", "/v1/models/sum/versions/2:predict", 404)]
    [InlineData("POST", "/v1/models/sum/versions/99999999999999999999:predict", 400)]
    [InlineData("POST", "/v1/models/sum/versions/x:predict", 400)]
    [InlineData("POST", "/v1/models/sum/versions/-1:predict", 400)]
    [InlineData("POST", "/v1/models/sum/labels/other:predict", 404)]
    [InlineData("POST", "/v1/models/sum/versions/1/labels/stable:predict", 404)]
    [InlineData("POST", "/v1/models/sum:explain", 404)]
    [InlineData("POST", "/v1/models/sum/predict", 404)]
    [InlineData("POST", "/v1/models/:predict", 404)]
    [InlineData("POST", "/v1/models/sum/versions/:predict", 404)]
    [InlineData("GET", "/v1/models/sum:metadata", 404)]
    [InlineData("GET", "/v1/models/half", 404)]
    [InlineData("GET", "/v1/models/half/metadata", 404)]
    [InlineData("GET", "/v1/models/sum/versions/2", 404)]
    [InlineData("GET", "/v1/models/sum/labels/other", 404)]
    [InlineData("GET", "/v1/models/SUM", 404)]
    [InlineData("GET", "/v1/models/sum:predict", 405)]
    [InlineData("PUT", "/v1/models/sum:predict", 405)]
    [InlineData("DELETE", "/v1/models/sum:classify", 405)]
    [InlineData("POST", "/v1/models/sum", 405)]
    [InlineData("POST", "/v1/models/sum/metadata", 405)]
    public async Task A_wrong_path_or_method_has_its_status_and_an_error_in_JSON(string method, string path, int expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_host.Url, path));
        var response = await _host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(expected, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.NotEmpty(JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!.GetValue<string>());
        Assert.Equal(expected == 405, response.Content.Headers.Allow.Count == 1);
    }

    [Theory]
    [InlineData("/v1/models/sum")]
    [InlineData("/v1/models/sum/metadata")]
    public async Task A_head_is_a_get_without_the_body(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri(_host.Url, path));
        var response = await _host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal((await _host.GetAsync(path)).Body.Length, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Regress_answers_a_value_for_each_example()
    {
        Assert.Equal(
            """{"results":[2.5,3.0]}""",
            (await _host.PostAsync("/v1/models/half_plus_two:regress", """{"signature_name": "tensorflow/serving/regress", "examples": [{"x": 1.0}, {"x": [2.0]}]}""")).Body);
        Assert.Equal("""{"results":[NaN,Infinity]}""", (await _host.PostAsync("/v1/models/half_plus_two:regress", """{"examples": [{"x": NaN}, {"x": Infinity}]}""")).Body);
    }

    [Fact]
    public async Task Features_of_the_context_are_those_of_each_example()
    {
        const string Expected = """{"results":[11.0,12.0]}""";

        Assert.Equal(Expected, (await _host.PostAsync("/v1/models/sum:regress", """{"context": {"b": 10}, "examples": [{"a": 1}, {"a": 2}]}""")).Body);
        Assert.Equal(Expected, (await _host.PostAsync("/v1/models/sum:regress", """{"examples": [{"a": 1}, {"a": [2]}], "context": {"b": [10]}}""")).Body);
    }

    [Fact]
    public async Task Classify_answers_a_list_of_labels_and_scores_for_each_example()
    {
        const string Examples = """{"signature_name": "tensorflow/serving/classify", "examples": [{"features": [1, 2, 3, 4]}, {"features": [0, 0, 0, 0]}]}""";
        var results = (await _host.AskAsync("/v1/models/dense:classify", Examples))["results"]!.AsArray();
        var scores = (await _host.AskAsync("/v1/models/dense:predict", """{"instances": [[1, 2, 3, 4], [0, 0, 0, 0]]}"""))["predictions"]!.AsArray();

        Assert.Equal(2, results.Count);
        Assert.Equal(["cat", "dog", "fish"], results[1]!.AsArray().Select(static c => c![0]!.GetValue<string>()));
        Assert.Equal(scores[1]!.ToJsonString(), new JsonArray([.. results[1]!.AsArray().Select(static c => c![1]!.DeepClone())]).ToJsonString());
    }

    [Theory]
    [InlineData("half_plus_two", """{"signature_name": ["hello"], "examples": [{"x": 1}]}""")]
    [InlineData("half_plus_two", """{"context": [{"x": 1}], "examples": [{"x": 1}]}""")]
    [InlineData("half_plus_two", """{"context": {"x": 1}}""")]
    [InlineData("half_plus_two", """{"examples": {"x": 1}}""")]
    [InlineData("half_plus_two", """{"examples": [[{"x": 1}]]}""")]
    [InlineData("half_plus_two", """{"examples": [{"x": null}]}""")]
    [InlineData("half_plus_two", """{"examples": [{"x": [[1], 2]}]}""")]
    [InlineData("half_plus_two", """{"examples": []}""")]
    [InlineData("half_plus_two", """{"examples": [{}]}""")]
    [InlineData("half_plus_two", """{"examples": [{"x": 1.7976931348623157e308}]}""")]
    [InlineData("half_plus_two", """{"examples": [{"x": 1, "z": 1}]}""")]
    [InlineData("half_plus_two", """{"examples": [{"x": 1}], "examples": [{"x": 1}]}""")]
    [InlineData("half_plus_two", """{"context": {"x": 1}, "examples": [{"x": 1}]}""")]
    [InlineData("half_plus_two", """{"examples": [{"x": 1}]} ?""")]
    [InlineData("sum", """{"examples": [{"a": 1, "b": 1}, {"a": 1}]}""")]
    [InlineData("three", """{"examples": [{"tag": "a", "signal": [1, 2, 3, 4, 5], "sensor": [1, 2, 3, 4]}]}""")]
    public async Task Examples_that_are_wrong_are_refused(string model, string body)
    {
        Assert.NotEmpty(await _host.RefusedAsync(400, $"/v1/models/{model}:regress", body));
        Assert.NotEmpty(await _host.RefusedAsync(400, $"/v1/models/{model}:classify", body));
    }

    [Fact]
    public async Task What_gives_no_scores_is_not_classified()
    {
        Assert.NotEmpty(await _host.RefusedAsync(400, "/v1/models/same_INT64:classify", """{"examples": [{"x": 1}]}"""));
        Assert.NotEmpty(await _host.RefusedAsync(400, "/v1/models/dense:regress", """{"examples": [{"features": [1, 2, 3, 4]}]}"""));
    }
}
