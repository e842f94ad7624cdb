using System.Text.Json.Nodes;
using Tarn.Serving.OpenInference;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What the Open Inference Protocol and Triton's extensions say of the server and of models.</summary>
public sealed class OpenInferenceModelTests(ProtocolHost shared) : IClassFixture<ProtocolHost>
{
    private readonly ServingHost _host = shared.Host;

    [Theory]
    [InlineData("/v2/health/live", """{"live":true}""")]
    [InlineData("/v2/health/ready", """{"ready":true}""")]
    [InlineData("/v2/models/sum/ready", """{"name":"sum","ready":true}""")]
    [InlineData("/v2/models/sum/versions/1/ready", """{"name":"sum","ready":true}""")]
    [InlineData("/v2/models/text%20matrix/ready", """{"name":"text matrix","ready":true}""")]
    public async Task Health_is_a_status_and_an_object(string path, string expected)
    {
        var (status, body, response) = await _host.GetAsync(path);

        Assert.Equal((200, expected), (status, body));
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("GET", "/v2/models/none/ready", 404)]
    [InlineData("GET", "/v2/models/sum/versions/2/ready", 404)]
    [InlineData("GET", "/v2/models/broken/ready", 503)]
    [InlineData("GET", "/v2/models/none", 404)]
    [InlineData("GET", "/v2/models/none/stats", 404)]
    [InlineData("GET", "/v2/models/none/config", 404)]
    [InlineData("GET", "/v2/models/sum/versions/x", 400)]
    [InlineData("GET", "/v2/models/sum/other", 404)]
    [InlineData("GET", "/v2/models/sum:config", 404)]
    [InlineData("GET", "/v2/other", 404)]
    [InlineData("GET", "/v2/models/sum/infer", 405)]
    [InlineData("POST", "/v2/models/sum", 405)]
    [InlineData("POST", "/v2/health/live", 405)]
    [InlineData("GET", "/v2/repository/index", 405)]
    [InlineData("POST", "/v2/repository/other", 404)]
    [InlineData("POST", "/v2/repository/models/none/load", 404)]
    [InlineData("POST", "/v2/repository/models/none/unload", 404)]
    [InlineData("POST", "/v2/models/none/infer", 404)]
    [InlineData("POST", "/v2/models/sum:infer", 405)]
    [InlineData("POST", "/v2/models/sum/labels/stable/infer", 404)]
    public async Task A_wrong_path_or_method_has_its_status_and_an_error_in_JSON(string method, string path, int expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_host.Url, path));
        var response = await _host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(expected, (int)response.StatusCode);
        Assert.NotEmpty(JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_server_says_its_name_version_and_extensions()
    {
        var server = JsonNode.Parse((await _host.GetAsync("/v2")).Body)!;

        Assert.Equal("tarn", server["name"]!.GetValue<string>());
        Assert.Equal("1.2.3", server["version"]!.GetValue<string>());
        Assert.Equal(
            ["binary_tensor_data", "classification", "model_configuration", "model_repository", "schedule_policy", "statistics"],
            server["extensions"]!.AsArray().Select(static e => e!.GetValue<string>()).Order());
        Assert.Equal(200, (await _host.GetAsync("/v2/")).Status);
    }

    [Fact]
    public async Task A_model_says_its_versions_and_tensors()
    {
        var model = JsonNode.Parse((await _host.GetAsync("/v2/models/three")).Body)!;

        Assert.Equal("""["1"]""", model["versions"]!.ToJsonString());
        Assert.NotEmpty(model["platform"]!.GetValue<string>());
        Assert.Equal("""{"name":"sensor","datatype":"INT64","shape":[-1,2,2]}""", model["inputs"]![2]!.ToJsonString());
        Assert.Equal("""{"name":"tag_out","datatype":"BYTES","shape":[-1]}""", model["outputs"]![0]!.ToJsonString());
        Assert.Equal("""["1","3"]""", JsonNode.Parse((await _host.GetAsync("/v2/models/sum/versions/3")).Body)!["versions"]!.ToJsonString());
    }

    [Fact]
    public async Task Statistics_count_requests_rows_and_runs()
    {
        await using var host = await ServingHost.StartAsync(ProtocolModels.Write);
        for (var i = 0; i < 3; i++)
        {
            await host.AskAsync("/v1/models/matrix64:predict", """{"instances": [[1], [2]]}""");
        }

        await host.AskAsync("/v1/models/matrix64:predict", """{"instances": [[1], [2], [3], [4], [5]]}""");
        var all = JsonNode.Parse((await host.GetAsync("/v2/models/stats")).Body)!["model_stats"]!.AsArray();
        var one = JsonNode.Parse((await host.GetAsync("/v2/models/matrix64/stats")).Body)!["model_stats"]!.AsArray();
        var version = JsonNode.Parse((await host.GetAsync("/v2/models/matrix64/versions/1/stats")).Body)!["model_stats"]!.AsArray();

        Assert.Equal(one.ToJsonString(), version.ToJsonString());
        Assert.Contains(all, static m => m!["name"]!.GetValue<string>() == "simple");
        var stats = Assert.Single(one)!;
        Assert.Equal(11, stats["inference_count"]!.GetValue<long>());
        Assert.Equal(4, stats["execution_count"]!.GetValue<long>());
        Assert.InRange(stats["last_inference"]!.GetValue<long>(), 1_500_000_000_000, long.MaxValue);
        Assert.Equal([(2, 3), (5, 1)], stats["batch_stats"]!.AsArray().Select(static b => (b!["batch_size"]!.GetValue<int>(), b["compute_infer"]!["count"]!.GetValue<int>())));
        foreach (var part in (string[])["success", "queue", "compute_input", "compute_infer", "compute_output"])
        {
            Assert.Equal(4, stats["inference_stats"]![part]!["count"]!.GetValue<long>());
        }

        Assert.Equal(0, stats["inference_stats"]!["fail"]!["count"]!.GetValue<long>());
        Assert.Equal(0, stats["inference_stats"]!["cache_hit"]!["count"]!.GetValue<long>());
        Assert.True(stats["inference_stats"]!["success"]!["ns"]!.GetValue<long>() >= stats["inference_stats"]!["compute_infer"]!["ns"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_run_that_fails_counts_as_a_failure_and_neither_as_an_inference_nor_as_an_execution()
    {
        await using var host = await ServingHost.StartAsync(ProtocolModels.Write);
        Assert.Equal(400, (await host.PostAsync("/v1/models/lookup:predict", """{"instances": [99]}""")).Status);
        Assert.Equal(200, (await host.PostAsync("/v1/models/lookup:predict", """{"instances": [1, 2]}""")).Status);
        Assert.Equal(400, (await host.PostAsync("/v1/models/lookup:predict", """{"instances": [99]}""")).Status);

        var stats = JsonNode.Parse((await host.GetAsync("/v2/models/lookup/stats")).Body)!["model_stats"]![0]!;
        var said = (await host.CallAsync("ModelStatistics", new ModelStatisticsRequest { Name = "lookup" }, ModelStatisticsResponse.Parser)).ModelStats.Single();

        long Count(string part) => stats["inference_stats"]![part]!["count"]!.GetValue<long>();
        Assert.Equal((2L, 1L), (stats["inference_count"]!.GetValue<long>(), stats["execution_count"]!.GetValue<long>()));
        Assert.Equal((1L, 1L, 2L), (Count("success"), Count("queue"), Count("fail")));
        Assert.Equal((2ul, 1ul), (said.InferenceCount, said.ExecutionCount));
        Assert.Equal((1ul, 2ul), (said.InferenceStats.Success.Count, said.InferenceStats.Fail.Count));
    }

    [Fact]
    public async Task Answers_from_the_cache_count_as_successes_and_not_as_inferences()
    {
        await using var host = await ServingHost.StartAsync(
            static folder => TestModels.Write(folder, "half_plus_two", 1, TestModels.HalfPlusTwo()), new ServingOptions { Defaults = new ModelOptions { CacheBytes = 1 << 20 } });
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("""{"predictions":[2.5]}""", (await host.PostAsync("/v1/models/half_plus_two:predict", """{"instances": [1]}""")).Body);
        }

        var stats = JsonNode.Parse((await host.GetAsync("/v2/models/half_plus_two/stats")).Body)!["model_stats"]![0]!;

        Assert.Equal((1L, 1L), (stats["inference_count"]!.GetValue<long>(), stats["execution_count"]!.GetValue<long>()));
        foreach (var (part, count) in ((string, long)[])[("success", 3), ("queue", 3), ("cache_hit", 2), ("cache_miss", 1), ("compute_input", 1), ("compute_infer", 1), ("compute_output", 1)])
        {
            Assert.True(stats["inference_stats"]![part]!["count"]!.GetValue<long>() == count, $"{part}: {stats}");
        }
    }

    [Fact]
    public async Task Statistics_of_a_model_are_those_of_all_its_versions()
    {
        var stats = JsonNode.Parse((await _host.GetAsync("/v2/models/sum/stats")).Body)!["model_stats"]!.AsArray();

        Assert.Equal(["1", "3"], stats.Select(static s => s!["version"]!.GetValue<string>()).Order());
    }

    [Fact]
    public async Task The_configuration_is_of_Tritons_form()
    {
        await using var host = await ServingHost.StartAsync(
            static folder => TestModels.Write(folder, "dense", 2, TestModels.Dense()),
            new ServingOptions { Defaults = new ModelOptions { MaxBatchSize = 8, PreferredBatchSizes = [4, 8], BatchDelay = TimeSpan.FromMilliseconds(2), PriorityLevels = 3, Instances = 2 } });
        var config = JsonNode.Parse((await host.GetAsync("/v2/models/dense/config")).Body)!;

        Assert.Equal("dense", config["name"]!.GetValue<string>());
        Assert.Equal(8, config["max_batch_size"]!.GetValue<int>());
        Assert.Equal("""[{"name":"features","data_type":"TYPE_FP32","dims":[4]}]""", config["input"]!.ToJsonString());
        Assert.Equal(2, config["instance_group"]![0]!["count"]!.GetValue<int>());
        Assert.Equal("""{"preferred_batch_size":[4,8],"max_queue_delay_microseconds":2000,"priority_levels":3}""", config["dynamic_batching"]!.ToJsonString());
    }

    [Fact]
    public async Task The_index_lists_all_models_or_those_that_are_ready()
    {
        await using var host = await ServingHost.StartAsync(ProtocolModels.Write);
        Assert.Equal(200, (await host.PostAsync("/v2/repository/models/simple/unload", """{"parameters":{"unload_dependents":true}}""")).Status);

        var all = JsonNode.Parse((await host.PostAsync("/v2/repository/index", "{}")).Body)!.AsArray();
        var ready = JsonNode.Parse((await host.PostAsync("/v2/repository/index", """{"ready":true}""")).Body)!.AsArray();

        Assert.Equal("""{"name":"simple","state":"UNAVAILABLE","reason":"unloaded"}""", Of(all, "simple").ToJsonString());
        Assert.Equal("UNAVAILABLE", Of(all, "broken")["state"]!.GetValue<string>());
        Assert.NotEmpty(Of(all, "broken")["reason"]!.GetValue<string>());
        Assert.Equal("""{"name":"matrix","version":"1","state":"READY","reason":""}""", Of(ready, "matrix").ToJsonString());
        Assert.DoesNotContain(ready, static m => m!["state"]!.GetValue<string>() != "READY");
        Assert.Equal(404, (await host.PostAsync("/v2/models/simple/infer", "{}")).Status);
        Assert.Equal(200, (await host.PostAsync("/v2/repository/models/simple/load", """{"parameters":{}}""")).Status);
        Assert.Equal(400, (await host.PostAsync("/v2/models/simple/infer", "{}")).Status);
    }

    [Theory]
    [InlineData("/v2/repository/models/simple/load", """{"parameters":{"config":"{}"}}""", 400)]
    [InlineData("/v2/repository/models/simple/load", "{", 400)]
    [InlineData("/v2/repository/models/simple/load", "{} x", 400)]
    [InlineData("/v2/repository/models/simple/unload", "[", 400)]
    [InlineData("/v2/repository/models/simple/unload", "{} x", 400)]
    [InlineData("/v2/repository/models/broken/load", "", 503)]
    [InlineData("/v2/repository/index", """{"ready":1}""", 400)]
    [InlineData("/v2/repository/index", """{"ready":true}}""", 400)]
    public async Task The_repository_refuses_what_it_cannot_do(string path, string body, int expected) => Assert.NotEmpty(await _host.RefusedAsync(expected, path, body));

    private static JsonNode Of(JsonArray models, string name) => models.Single(m => m!["name"]!.GetValue<string>() == name)!;
}
