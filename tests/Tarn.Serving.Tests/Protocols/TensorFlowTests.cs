using Xunit;

namespace Tarn.Serving.Tests;

public sealed class TensorFlowTests
{
    [Fact]
    public async Task The_examples_of_the_documentation_are_answered_as_it_says()
    {
        await using var host = await ServingHost.StartAsync();

        Assert.Equal("""{"predictions":[2.5,3.0,4.5]}""", (await host.PostAsync("/v1/models/half_plus_two:predict", """{"instances": [1.0, 2.0, 5.0]}""")).Body);
        Assert.Equal("""{"outputs":[2.5,3.0,4.5]}""", (await host.PostAsync("/v1/models/half_plus_two/versions/123:predict", """{"inputs": [1.0, 2.0, 5.0]}""")).Body);
        Assert.Equal(
            """{"model_version_status":[{"version":"123","state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}]}""",
            (await host.GetAsync("/v1/models/half_plus_two")).Body);
    }

    [Fact]
    public async Task What_is_no_number_goes_in_and_comes_out()
    {
        await using var host = await ServingHost.StartAsync();

        Assert.Equal("""{"predictions":[NaN,Infinity,-Infinity]}""", (await host.PostAsync("/v1/models/half_plus_two:predict", """{"instances": [NaN, Infinity, -Infinity]}""")).Body);
    }

    [Fact]
    public async Task Several_inputs_are_objects_by_row_or_lists_by_column()
    {
        await using var host = await ServingHost.StartAsync();
        var row = $"[{string.Join(',', Enumerable.Range(0, 16))}]";

        var rows = await host.AskAsync("/v1/models/simple:predict", $$"""{"instances": [{"INPUT0": {{row}}, "INPUT1": {{row}}}]}""");
        Assert.Equal(30, rows["predictions"]![0]!["OUTPUT0"]![15]!.GetValue<int>());
        var columns = await host.AskAsync("/v1/models/simple:predict", $$$"""{"inputs": {"INPUT0": [{{{row}}}], "INPUT1": [{{{row}}}]}}""");
        Assert.Equal(0, columns["outputs"]!["OUTPUT1"]![0]![15]!.GetValue<int>());
    }

    [Fact]
    public async Task Classes_have_the_models_labels()
    {
        await using var host = await ServingHost.StartAsync();

        var answer = await host.AskAsync("/v1/models/dense:classify", """{"examples": [{"features": [1, 2, 3, 4]}]}""");
        Assert.Equal(["cat", "dog", "fish"], answer["results"]![0]!.AsArray().Select(static c => c![0]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("""{"instances": ["a"]}""", "FP32")]
    [InlineData("""{"instances": [[1.0], [2.0, 3.0]]}""", "equally long")]
    [InlineData("""{"instances": [1.0, [2.0]]}""", "nested")]
    [InlineData("""{"instances": [1.0""", "it ends at byte")]
    [InlineData("""{"inputs": {"z": [1.0]}}""", "z")]
    [InlineData("""{}""", "instances")]
    [InlineData("", "it ends at byte 0")]
    [InlineData("""{"instances": [[1.0]]}""", "[-1]")]
    public async Task What_does_not_fit_is_refused_with_the_reason(string body, string named)
    {
        await using var host = await ServingHost.StartAsync();

        Assert.Contains(named, await host.RefusedAsync(400, "/v1/models/half_plus_two:predict", body), StringComparison.Ordinal);
    }
}
