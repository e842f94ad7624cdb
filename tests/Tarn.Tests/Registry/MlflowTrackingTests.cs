using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Tests;

/// <summary>MLflow's protocol, by its documentation: experiments and runs.</summary>
public sealed class MlflowTrackingTests(MlflowServer mlflow) : IClassFixture<MlflowServer>
{
    [Fact]
    public async Task Experiments()
    {
        var id = await mlflow.NewExperimentAsync("e-one");
        var read = (await mlflow.GetAsync($"experiments/get?experiment_id={id}"))["experiment"]!;
        Assert.Equal(("e-one", $"mlflow-artifacts:/{id}", "active"), ((string?)read["name"], (string?)read["artifact_location"], (string?)read["lifecycle_stage"]));
        Assert.True((long)read["creation_time"]! > 1_700_000_000_000);
        Assert.Null(read["tags"]);
        Assert.Equal(id, (string?)(await mlflow.GetAsync("experiments/get-by-name?experiment_name=e-one"))["experiment"]!["experiment_id"]);
        await mlflow.PostAsync("experiments/set-experiment-tag", $$"""{"experiment_id":"{{id}}","key":"team","value":"vision"}""");
        await mlflow.PostAsync("experiments/update", $$"""{"experiment_id":"{{id}}","new_name":"e-two"}""");
        var found = (await mlflow.PostAsync("experiments/search", """{"filter":"tags.team = 'vision' AND name LIKE 'e-%'","max_results":10,"view_type":"ALL"}"""))["experiments"]!.AsArray();
        Assert.Equal("e-two", (string?)Assert.Single(found)!["name"]);
        Assert.Equal("""[{"key":"team","value":"vision"}]""", found[0]!["tags"]!.ToJsonString());
        await mlflow.PostAsync("experiments/delete-experiment-tag", $$"""{"experiment_id":"{{id}}","key":"team"}""");
        await mlflow.PostAsync("experiments/delete", $$"""{"experiment_id":"{{id}}"}""");
        Assert.Equal("deleted", (string?)(await mlflow.GetAsync($"experiments/get?experiment_id={id}"))["experiment"]!["lifecycle_stage"]);
        await mlflow.RefusedAsync("INVALID_STATE", 500, s => mlflow.PostAsync("experiments/update", $$"""{"experiment_id":"{{id}}","new_name":"e-3"}""", s));
        await mlflow.RefusedAsync("RESOURCE_ALREADY_EXISTS", 400, s => mlflow.PostAsync("experiments/create", """{"name":"e-two"}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/create", $$"""{"experiment_id":"{{id}}"}""", s));
        await mlflow.PostAsync("experiments/restore", $$"""{"experiment_id":"{{id}}"}""");
        await mlflow.RefusedAsync("RESOURCE_DOES_NOT_EXIST", 404, s => mlflow.PostAsync("experiments/restore", $$"""{"experiment_id":"{{id}}"}""", s));
    }

    [Fact]
    public async Task What_is_wrong_with_a_request_is_said_with_mlflows_codes()
    {
        await mlflow.RefusedAsync("RESOURCE_DOES_NOT_EXIST", 404, s => mlflow.GetAsync("experiments/get?experiment_id=12345", s));
        await mlflow.RefusedAsync("RESOURCE_DOES_NOT_EXIST", 404, s => mlflow.GetAsync("experiments/get?experiment_id=abc", s));
        await mlflow.RefusedAsync("RESOURCE_DOES_NOT_EXIST", 404, s => mlflow.GetAsync("experiments/get-by-name?experiment_name=none", s));
        await mlflow.RefusedAsync("RESOURCE_DOES_NOT_EXIST", 404, s => mlflow.GetAsync("runs/get?run_id=none", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.GetAsync("runs/get", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("experiments/create", "{}", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("experiments/create", """{"name":5}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("experiments/create", "{", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("experiments/create", "[]", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("experiments/search", """{"max_results":0}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("experiments/search", """{"max_results":50001}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/search", """{"experiment_ids":["0"],"page_token":"nonsense!"}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/search", """{"experiment_ids":["0"],"filter":"params.a = 'x' OR params.b = 'y'"}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/search", """{"experiment_ids":["0"],"run_view_type":"SOME"}""", s));
        await mlflow.RefusedAsync("ENDPOINT_NOT_FOUND", 404, s => mlflow.PostAsync("runs/fly", "{}", s));
        await mlflow.RefusedAsync("ENDPOINT_NOT_FOUND", 404, s => mlflow.GetAsync("runs/create", s));
        var message = (string?)(await mlflow.GetAsync("runs/get", 400))["message"];
        Assert.StartsWith("Missing value for required parameter 'run_id'.", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_and_what_is_logged_to_it()
    {
        var experiment = await mlflow.NewExperimentAsync("a-run");
        var id = await mlflow.StartRunAsync(experiment, ""","run_name":"first","tags":[{"key":"mlflow.source.name","value":"train.py"}]""");
        await mlflow.PostAsync("runs/log-metric", $$"""{"run_id":"{{id}}","key":"loss","value":0.5,"timestamp":1700000000001,"step":"1"}""");
        await mlflow.PostAsync("runs/log-metric", $$"""{"run_uuid":"{{id}}","key":"loss","value":"NaN","timestamp":"1700000000002","step":2}""");
        await mlflow.PostAsync("runs/log-metric", $$"""{"run_id":"{{id}}","key":"speed","value":"-Infinity","timestamp":3}""");
        await mlflow.PostAsync("runs/log-parameter", $$"""{"run_id":"{{id}}","key":"lr","value":"0.001"}""");
        await mlflow.PostAsync("runs/log-parameter", $$"""{"run_id":"{{id}}","key":"empty","value":""}""");
        await mlflow.PostAsync("runs/set-tag", $$"""{"run_id":"{{id}}","key":"note","value":"x"}""");
        await mlflow.PostAsync("runs/log-batch", $$"""{"run_id":"{{id}}","metrics":[{"key":"acc","value":1,"timestamp":0,"step":-5}],"params":[{"key":"head","value":"mlp"}],"tags":[{"key":"t","value":"v"}]}""");
        await mlflow.PostAsync("runs/delete-tag", $$"""{"run_id":"{{id}}","key":"note"}""");
        await mlflow.PostAsync("runs/log-inputs", $$"""{"run_id":"{{id}}","datasets":[{"dataset":{"name":"photos","digest":"v7","source_type":"delta_table","source":"{}","schema":"{}"},"tags":[{"key":"mlflow.data.context","value":"training"}]}]}""");
        await mlflow.PostAsync("runs/log-model", $$"""{"run_id":"{{id}}","model_json":"{\"artifact_path\":\"model\",\"flavors\":{},\"utc_time_created\":\"x\",\"run_id\":\"{{id}}\"}"}""");
        var info = (await mlflow.PostAsync("runs/update", $$"""{"run_id":"{{id}}","status":"FINISHED","end_time":1700000005000,"run_name":"renamed"}"""))["run_info"]!;
        Assert.Equal(("FINISHED", 1700000005000, "renamed"), ((string?)info["status"], (long)info["end_time"]!, (string?)info["run_name"]));

        var run = (await mlflow.GetAsync($"runs/get?run_id={id}"))["run"]!;
        Assert.Equal(
            (id, id, experiment, "ada", 1700000000000, $"mlflow-artifacts:/{experiment}/{id}/artifacts", "active"),
            ((string?)run["info"]!["run_id"], (string?)run["info"]!["run_uuid"], (string?)run["info"]!["experiment_id"], (string?)run["info"]!["user_id"], (long)run["info"]!["start_time"]!, (string?)run["info"]!["artifact_uri"], (string?)run["info"]!["lifecycle_stage"]));
        Assert.Equal(
            """[{"key":"acc","value":1,"timestamp":0,"step":-5},{"key":"loss","value":"NaN","timestamp":1700000000002,"step":2},{"key":"speed","value":"-Infinity","timestamp":3,"step":0}]""",
            run["data"]!["metrics"]!.ToJsonString());
        Assert.Equal("""[{"key":"empty","value":""},{"key":"head","value":"mlp"},{"key":"lr","value":"0.001"}]""", run["data"]!["params"]!.ToJsonString());
        Assert.Equal(["mlflow.log-model.history", "mlflow.runName", "mlflow.source.name", "t"], run["data"]!["tags"]!.AsArray().Select(static t => (string?)t!["key"]));
        Assert.Equal("photos", (string?)run["inputs"]!["dataset_inputs"]![0]!["dataset"]!["name"]);

        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-parameter", $$"""{"run_id":"{{id}}","key":"lr","value":"1"}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-parameter", $$"""{"run_id":"{{id}}","key":"lr"}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-parameter", $$"""{"run_id":"{{id}}","key":"a b/../c","value":"1"}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-parameter", $$"""{"run_id":"{{id}}","key":"long","value":"{{new string('x', 6001)}}"}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-metric", $$"""{"run_id":"{{id}}","key":"m","value":"much","timestamp":1}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-metric", $$"""{"run_id":"{{id}}","key":"m","value":1,"timestamp":-1}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-metric", $$"""{"run_id":"{{id}}","key":"m","value":1}""", s));
        await mlflow.RefusedAsync("RESOURCE_DOES_NOT_EXIST", 404, s => mlflow.PostAsync("runs/delete-tag", $$"""{"run_id":"{{id}}","key":"none"}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-model", $$"""{"run_id":"{{id}}","model_json":"{}"}""", s));
        await mlflow.PostAsync("runs/delete", $$"""{"run_id":"{{id}}"}""");
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/set-tag", $$"""{"run_id":"{{id}}","key":"t","value":"v"}""", s));
        await mlflow.PostAsync("runs/restore", $$"""{"run_id":"{{id}}"}""");
        await mlflow.PostAsync("runs/set-tag", $$"""{"run_id":"{{id}}","key":"t","value":"v"}""");
    }

    [Fact]
    public async Task Batches_have_mlflows_limits()
    {
        var id = await mlflow.StartRunAsync();
        string Metrics(int count) => string.Join(',', Enumerable.Range(0, count).Select(static i => $$"""{"key":"m","value":{{i}},"timestamp":{{i}},"step":{{i}}}"""));
        string Pairs(int count) => string.Join(',', Enumerable.Range(0, count).Select(static i => $$"""{"key":"k{{i}}","value":"v"}"""));
        await mlflow.PostAsync("runs/log-batch", $$"""{"run_id":"{{id}}","metrics":[{{Metrics(1000)}}]}""");
        await mlflow.PostAsync("runs/log-batch", $$"""{"run_id":"{{id}}","metrics":[{{Metrics(800)}}],"params":[{{Pairs(100)}}],"tags":[{{Pairs(100)}}]}""");
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-batch", $$"""{"run_id":"{{id}}","metrics":[{{Metrics(1001)}}]}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-batch", $$"""{"run_id":"{{id}}","metrics":[{{Metrics(801)}}],"params":[{{Pairs(100)}}],"tags":[{{Pairs(100)}}]}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-batch", $$"""{"run_id":"{{id}}","params":[{{Pairs(101)}}]}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-batch", $$"""{"run_id":"{{id}}","tags":[{{Pairs(101)}}]}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-batch", $$"""{"run_id":"{{id}}","params":[{"key":"x","value":"1"},{"key":"x","value":"2"}]}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("runs/log-batch", $$"""{"run_id":"{{id}}","tags":[{"key":"x","value":"{{new string('x', 1_000_000)}}"}]}""", s));

        var page = await mlflow.GetAsync($"metrics/get-history?run_id={id}&metric_key=m&max_results=400");
        var seen = page["metrics"]!.AsArray().Count;
        while ((string?)page["next_page_token"] is { } token)
        {
            page = await mlflow.GetAsync($"metrics/get-history?run_id={id}&metric_key=m&max_results=400&page_token={Uri.EscapeDataString(token)}");
            seen += page["metrics"]!.AsArray().Count;
        }

        Assert.Equal(1000, seen);
        Assert.Equal(1000, (await mlflow.GetAsync($"metrics/get-history?run_id={id}&metric_key=m"))["metrics"]!.AsArray().Count);
        var other = await mlflow.StartRunAsync();
        await mlflow.PostAsync("runs/log-metric", $$"""{"run_id":"{{other}}","key":"m","value":7,"timestamp":1,"step":999}""");
        var many = (await mlflow.GetAsync($"metrics/get-history-bulk-interval?run_ids={id}&run_ids={other}&metric_key=m&max_results=10"))["metrics"]!.AsArray();
        Assert.InRange(many.Count(m => (string?)m!["run_id"] == id), 10, 12);
        Assert.Equal(999, (long)many.Single(m => (string?)m!["run_id"] == other)!["step"]!);
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.GetAsync($"metrics/get-history-bulk-interval?run_ids={id}&metric_key=m&start_step=5", s));
    }

    [Fact]
    public async Task Searches_come_in_pages_with_tokens()
    {
        var experiment = await mlflow.NewExperimentAsync("pages");
        for (var i = 0; i < 5; i++)
        {
            var id = await mlflow.StartRunAsync(experiment, $$""","run_name":"r{{i}}" """);
            await mlflow.PostAsync("runs/log-metric", $$"""{"run_id":"{{id}}","key":"val loss","value":{{i % 3}},"timestamp":1}""");
        }

        var names = new List<string?>();
        string? token = null;
        do
        {
            var body = new JsonObject
            {
                ["experiment_ids"] = new JsonArray(experiment),
                ["filter"] = "metrics.`val loss` < 2 and attributes.status = 'RUNNING'",
                ["order_by"] = new JsonArray("metrics.\"val loss\" DESC", "attributes.run_name ASC"),
                ["max_results"] = 3,
                ["run_view_type"] = "ACTIVE_ONLY",
            };
            if (token is not null)
            {
                body["page_token"] = token;
            }

            var page = await mlflow.PostAsync("runs/search", body.ToJsonString());
            names.AddRange(page["runs"]!.AsArray().Select(static r => (string?)r!["info"]!["run_name"]));
            token = (string?)page["next_page_token"];
        }
        while (token is not null);
        Assert.Equal(["r1", "r4", "r0", "r3"], names);
        Assert.Equal("{}", (await mlflow.PostAsync("runs/search", $$"""{"experiment_ids":["{{experiment}}"],"filter":"params.none = 'x'"}""")).ToJsonString());
        Assert.Equal("{}", (await mlflow.PostAsync("runs/search", "{}")).ToJsonString());
    }
}
