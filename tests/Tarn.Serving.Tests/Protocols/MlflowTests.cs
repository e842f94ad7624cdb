using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>MLflow's scoring server, by its documentation and the behaviour of its own.</summary>
public sealed class MlflowTests(ProtocolHost shared) : IClassFixture<ProtocolHost>
{
    private readonly ServingHost _host = shared.Host;

    [Theory]
    [InlineData("sum", """{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}}""", "[3.0,7.0]")]
    [InlineData("sum", """{"dataframe_split": {"index": [5, 6], "data": [[1, 2], [3, 4]], "columns": ["b", "a"]}}""", "[3.0,7.0]")]
    [InlineData("sum", """{"dataframe_split": {"data": [[1, 2], [3, 4]]}}""", "[3.0,7.0]")]
    [InlineData("sum", """{"dataframe_records": [{"a": 1, "b": 2}, {"b": 4, "a": 3}]}""", "[3.0,7.0]")]
    [InlineData("sum", """{"dataframe_records": [{"a": 1, "b": null}]}""", "[NaN]")]
    [InlineData("sum", """{"inputs": {"a": [1, 3], "b": [2, 4]}}""", "[3.0,7.0]")]
    [InlineData("sum", """{"instances": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]}""", "[3.0,7.0]")]
    [InlineData("sum", """{"instances": [{"a": 1, "b": 2}], "params": {}}""", "[3.0]")]
    [InlineData("sum", """{"params": null, "other": [1], "instances": [{"a": 1, "b": 2}]}""", "[3.0]")]
    [InlineData("matrix", """{"inputs": [[1, 2], [3, 4], [5, 6]]}""", "[[1.0,2.0],[3.0,4.0],[5.0,6.0]]")]
    [InlineData("matrix", """{"dataframe_split": {"columns": ["p", "q"], "data": [[1, null], [3, 4]]}}""", "[[1.0,NaN],[3.0,4.0]]")]
    [InlineData("matrix", """{"dataframe_split": {"columns": [0, 1], "data": [[1, 2]]}}""", "[[1.0,2.0]]")]
    [InlineData("matrix", """{"dataframe_records": [{"p": 1, "q": 2}, {"p": 3, "q": 4}]}""", "[[1.0,2.0],[3.0,4.0]]")]
    [InlineData("same_BYTES", """{"dataframe_records": [{"x": "a"}, {"x": "b"}]}""", """["a","b"]""")]
    public async Task A_body_of_each_form_is_answered(string model, string body, string expected)
    {
        var (status, answer, response) = await _host.PostAsync($"/v1/endpoints/{model}/invocations", body);

        Assert.Equal((200, $$"""{"predictions":{{expected}}}"""), (status, answer));
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Several_outputs_of_a_table_are_records()
    {
        var row = $"[{string.Join(',', Enumerable.Range(0, 16))}]";
        var table = await _host.AskAsync("/v1/endpoints/simple/invocations", $$"""{"dataframe_split": {"columns": ["INPUT0", "INPUT1"], "data": [[{{row}}, {{row}}]]} }""");
        var tensors = await _host.AskAsync("/v1/endpoints/simple/invocations", $$"""{"inputs": {"INPUT0": [{{row}}], "INPUT1": [{{row}}]} }""");

        Assert.Equal(30, table["predictions"]![0]!["OUTPUT0"]![15]!.GetValue<int>());
        Assert.Equal(30, tensors["predictions"]!["OUTPUT0"]![0]![15]!.GetValue<int>());
    }

    [Theory]
    [InlineData("sum", "a,b\n1,2\n3,4\n", "[3.0,7.0]")]
    [InlineData("sum", "a,b\r\n1,2\r\n3,4", "[3.0,7.0]")]
    [InlineData("sum", "\"b\",\"a\"\n\"1\", 2\n,4\n", "[3.0,NaN]")]
    [InlineData("sum", "a,b\ninf,1\n-inf,1\nnan,1\n1e-5,0\n\n", "[Infinity,-Infinity,NaN,1E-05]")]
    [InlineData("sum", "\uFEFFa,b\n1,2\n", "[3.0]")]
    [InlineData("matrix", "p,q,r\n1,2,3\n", "[[1.0,2.0,3.0]]")]
    [InlineData("same_BYTES", "x\n\"a,\"\"b\"\"\n\u20ac\"\nplain\n\n", """["a,\"b\"\n€","plain"]""")]
    [InlineData("same_BYTES", "x\na\n\nb", """["a","","b"]""")]
    [InlineData("same_BOOL", "x\nTrue\nfalse\n1\n", "[true,false,true]")]
    [InlineData("same_INT64", "x\n9223372036854775807\n", "[9223372036854775807]")]
    public async Task A_table_in_CSV_is_answered(string model, string csv, string expected)
    {
        foreach (var type in (string[])["text/csv", "text/csv; charset=utf-8", "TEXT/CSV;charset=UTF-8"])
        {
            Assert.Equal((200, $$"""{"predictions":{{expected}}}"""), await SendAsync(model, csv, type));
        }
    }

    [Theory]
    [InlineData("sum", "")]
    [InlineData("sum", "a,b\n")]
    [InlineData("sum", "a,b\n1\n")]
    [InlineData("sum", "a,b\n1,2,3\n")]
    [InlineData("sum", "a\n1\n")]
    [InlineData("sum", "a,b,c\n1,2,3\n")]
    [InlineData("sum", "a,b\n1,x\n")]
    [InlineData("sum", "a,b\n1,\"2\n")]
    [InlineData("sum", "a,b\n1,\"2\"3\n")]
    [InlineData("sum", "a,b\n1,2\"\n")]
    [InlineData("same_INT64", "x\n1.5\n")]
    [InlineData("same_INT64", "x\n\"\"\n")]
    public async Task A_table_in_CSV_that_is_wrong_is_refused(string model, string csv)
    {
        var (status, body) = await SendAsync(model, csv, "text/csv");

        Assert.Equal(400, status);
        Assert.Equal("BAD_REQUEST", JsonNode.Parse(body)!["error_code"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"columns": ["a"], "data": [[1]]}""")]
    [InlineData("""{"inputs": {"a": [1], "b": [1]}, "instances": [{"a": 1, "b": 2}]}""")]
    [InlineData("""{"dataframe_split": {"columns": ["a"], "data": [[1]]}}""")]
    [InlineData("""{"dataframe_split": {"columns": ["a", "b"], "data": [[1]]}}""")]
    [InlineData("""{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2, 3]]}}""")]
    [InlineData("""{"dataframe_split": {"columns": ["a", "b"], "data": []}}""")]
    [InlineData("""{"dataframe_split": {"columns": ["a", "b"]}}""")]
    [InlineData("""{"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}""")]
    [InlineData("""{"dataframe_split": {"columns": ["a", "b", "c"], "data": [[1, 2, 3]]}}""")]
    [InlineData("""{"dataframe_records": []}""")]
    [InlineData("""{"dataframe_records": [{"a": 1}]}""")]
    [InlineData("""{"dataframe_records": [{"a": 1, "b": 2}, {"a": 1}]}""")]
    [InlineData("""{"dataframe_records": [{"a": 1, "b": 2}, {"a": 1, "a": 2}]}""")]
    [InlineData("""{"dataframe_records": {"a": [1], "b": [2]}}""")]
    [InlineData("""{"instances": [{"a": 1, "b": 2}], "params": {"temperature": 1}}""")]
    public async Task A_body_that_is_wrong_is_refused_with_a_code_and_a_message(string body)
    {
        var (status, answer, _) = await _host.PostAsync("/v1/endpoints/sum/invocations", body);

        Assert.Equal(400, status);
        Assert.Equal("BAD_REQUEST", JsonNode.Parse(answer)!["error_code"]!.GetValue<string>());
        Assert.NotEmpty(JsonNode.Parse(answer)!["message"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("text/plain", 415)]
    [InlineData("application/json; charset=utf-16", 415)]
    [InlineData("application/json; format=pandas-split", 415)]
    [InlineData(null, 415)]
    [InlineData("application/json", 200)]
    [InlineData("application/json; charset=utf-8", 200)]
    [InlineData("application/json;charset=\"UTF-8\"", 200)]
    [InlineData("Application/JSON ;", 200)]
    public async Task The_type_of_a_body_counts(string? type, int expected)
    {
        Assert.Equal(expected, (await SendAsync("sum", """{"inputs": {"a": [1], "b": [2]}}""", type)).Status);
    }

    [Fact]
    public async Task The_only_model_is_asked_without_its_name()
    {
        await using var host = await ServingHost.StartAsync(static folder => TestModels.Write(folder, "half_plus_two", 1, TestModels.HalfPlusTwo()));

        Assert.Equal("""{"predictions":[2.5]}""", (await host.PostAsync("/invocations", """{"inputs": [1]}""")).Body);
        var (status, body, _) = await _host.PostAsync("/invocations", """{"inputs": [1]}""");
        Assert.Equal(400, status);
        Assert.Contains("half_plus_two", body, StringComparison.Ordinal);
        Assert.Equal(404, (await host.PostAsync("/v1/endpoints/none/invocations", """{"inputs": [1]}""")).Status);
        Assert.Equal(405, (await host.GetAsync("/invocations")).Status);
        Assert.Equal(404, (await host.PostAsync("/v1/endpoints//invocations", "{}")).Status);
    }

    [Fact]
    public async Task Health_and_version_are_said()
    {
        Assert.Equal((200, "\n"), ((await _host.GetAsync("/ping")).Status, (await _host.GetAsync("/ping")).Body));
        Assert.Equal((200, "\n"), ((await _host.GetAsync("/health")).Status, (await _host.GetAsync("/health")).Body));
        Assert.Equal("1.2.3", (await _host.GetAsync("/version")).Body);
        Assert.Equal(405, (await _host.PostAsync("/ping", "")).Status);
        Assert.Equal(404, (await _host.GetAsync("/healthy")).Status);
    }

    private async Task<(int Status, string Body)> SendAsync(string model, string body, string? type)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var response = await _host.Client.PostAsync(new Uri($"/v1/endpoints/{model}/invocations", UriKind.Relative), content);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
