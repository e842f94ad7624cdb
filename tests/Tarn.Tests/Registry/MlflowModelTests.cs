using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Tests;

/// <summary>MLflow's protocol, by its documentation: artifacts, registered models, model versions.</summary>
public sealed class MlflowModelTests(MlflowServer mlflow) : IClassFixture<MlflowServer>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Http => mlflow.Server.Http;

    [Fact]
    public async Task Artifacts_go_through_the_server()
    {
        var run = await mlflow.StartRunAsync();
        var root = $"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts";
        await PutAsync($"{root}/model/MLmodel", "flavors: {}");
        await PutAsync($"{root}/model/data/model.onnx", "weights");
        await PutAsync($"{root}/a%20note.md", "hello");
        Assert.Equal("weights", await Http.GetStringAsync(new Uri($"{root}/model/data/model.onnx", UriKind.Relative), Cancellation));
        var listed = await mlflow.GetAsync($"artifacts/list?run_id={run}");
        Assert.Equal($"mlflow-artifacts:/0/{run}/artifacts", (string?)listed["root_uri"]);
        Assert.Equal("""[{"path":"a note.md","is_dir":false,"file_size":5},{"path":"model","is_dir":true}]""", listed["files"]!.ToJsonString());
        Assert.Equal(
            """[{"path":"model/MLmodel","is_dir":false,"file_size":11},{"path":"model/data","is_dir":true}]""", (await mlflow.GetAsync($"artifacts/list?run_id={run}&path=model"))["files"]!.ToJsonString());
        Assert.Null((await mlflow.GetAsync($"artifacts/list?run_id={run}&path=model/MLmodel"))["files"]);
        var proxied = await mlflow.SendAsync(HttpMethod.Get, $"mlflow-artifacts/artifacts?path=0/{run}/artifacts/model", null);
        Assert.Equal("""[{"path":"MLmodel","is_dir":false,"file_size":11},{"path":"data","is_dir":true}]""", proxied["files"]!.ToJsonString());
        await mlflow.SendAsync(HttpMethod.Delete, $"mlflow-artifacts/artifacts/0/{run}/artifacts/model", null);
        await mlflow.RefusedAsync("RESOURCE_DOES_NOT_EXIST", 404, s => mlflow.SendAsync(HttpMethod.Get, $"mlflow-artifacts/artifacts/0/{run}/artifacts/model/MLmodel", null, s));

        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.GetAsync($"artifacts/list?run_id={run}&path=../..", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.SendAsync(HttpMethod.Get, "mlflow-artifacts/artifacts?path=../meta.db", null, s));
        await mlflow.SendAsync(HttpMethod.Put, "mlflow-artifacts/artifacts/0%2F..%2F..%2Fevil", "x");
        Assert.True(File.Exists(Path.Combine(mlflow.Server.DataDirectory, "artifacts", "0%2F..%2F..%2Fevil")), "A slash that is written as %2F is a part of a name, and leads nowhere.");
        await mlflow.RefusedAsync("PERMISSION_DENIED", 403, s => mlflow.SendAsync(HttpMethod.Put, "mlflow-artifacts/artifacts/models/pizza/1/model.onnx", "x", s));
        await mlflow.RefusedAsync("NOT_IMPLEMENTED", 501, s => mlflow.SendAsync(HttpMethod.Post, "mlflow-artifacts/mpu/create/0/x", "{}", s));
    }

    [Fact]
    public async Task A_file_larger_than_any_other_body_may_be_passes_through()
    {
        var run = await mlflow.StartRunAsync();
        var path = $"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/big.bin";
        var bytes = new byte[70 << 20];
        new Random(3).NextBytes(bytes);
        using (var answer = await Http.PutAsync(new Uri(path, UriKind.Relative), new ByteArrayContent(bytes), Cancellation))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.True((await Http.GetByteArrayAsync(new Uri(path, UriKind.Relative), Cancellation)).AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task Registered_models()
    {
        var made = (await mlflow.PostAsync("registered-models/create", """{"name":"rm one","description":"d","tags":[{"key":"task","value":"photos"}]}"""))["registered_model"]!;
        Assert.Equal(("rm one", "d", """[{"key":"task","value":"photos"}]"""), ((string?)made["name"], (string?)made["description"], made["tags"]!.ToJsonString()));
        await mlflow.RefusedAsync("RESOURCE_ALREADY_EXISTS", 400, s => mlflow.PostAsync("registered-models/create", """{"name":"rm one"}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("registered-models/create", """{"name":"a/b"}""", s));
        await mlflow.PatchAsync("registered-models/update", """{"name":"rm one","description":"better"}""");
        await mlflow.PostAsync("registered-models/set-tag", """{"name":"rm one","key":"owner","value":"ada"}""");
        await mlflow.DeleteAsync("registered-models/delete-tag", """{"name":"rm one","key":"task"}""");
        await mlflow.PostAsync("registered-models/rename", """{"name":"rm one","new_name":"rm two"}""");
        await mlflow.RefusedAsync("RESOURCE_DOES_NOT_EXIST", 404, s => mlflow.GetAsync("registered-models/get?name=rm%20one", s));
        var read = (await mlflow.GetAsync("registered-models/get?name=rm%20two"))["registered_model"]!;
        Assert.Equal(("better", """[{"key":"owner","value":"ada"}]"""), ((string?)read["description"], read["tags"]!.ToJsonString()));
        Assert.Single((await mlflow.GetAsync("registered-models/search?filter=" + Uri.EscapeDataString("name ILIKE 'RM t%' AND tags.owner = 'ada'") + "&max_results=5&order_by=name%20DESC"))["registered_models"]!.AsArray());
        await mlflow.DeleteAsync("registered-models/delete", """{"name":"rm two"}""");
        await mlflow.RefusedAsync("RESOURCE_DOES_NOT_EXIST", 404, s => mlflow.DeleteAsync("registered-models/delete", """{"name":"rm two"}""", s));
    }

    [Fact]
    public async Task A_version_keeps_its_files_whatever_becomes_of_the_run()
    {
        var run = await mlflow.StartRunAsync();
        await PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model/model.onnx", "weights");
        await PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model/signature.json", "{}");
        await mlflow.PostAsync("registered-models/create", """{"name":"pizza"}""");
        var version = await CreateAsync("pizza", $"mlflow-artifacts:/0/{run}/artifacts/model", run);
        Assert.Equal(("1", "READY", "None", $"mlflow-artifacts:/0/{run}/artifacts/model", run), ((string?)version["version"], (string?)version["status"], (string?)version["current_stage"], (string?)version["source"], (string?)version["run_id"]));
        await PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model/model.onnx", "other");
        var uri = (string)(await mlflow.GetAsync("model-versions/get-download-uri?name=pizza&version=1"))["artifact_uri"]!;
        Assert.Equal("mlflow-artifacts:/models/pizza/1", uri);
        Assert.Equal("weights", await Http.GetStringAsync(new Uri("/api/2.0/mlflow-artifacts/artifacts/models/pizza/1/model.onnx", UriKind.Relative), Cancellation));
        Assert.Equal("weights", await File.ReadAllTextAsync(Path.Combine(mlflow.Server.DataDirectory, "models", "pizza", "1", "model.onnx"), Cancellation));
        Assert.Equal("2", (string?)(await CreateAsync("pizza", $"runs:/{run}/model", run))["version"]);
        Assert.Equal("s3://elsewhere/model", (string?)(await CreateAsync("pizza", "s3://elsewhere/model", null))["source"]);
        Assert.Equal("s3://elsewhere/model", (string?)(await mlflow.GetAsync("model-versions/get-download-uri?name=pizza&version=3"))["artifact_uri"]);

        await mlflow.PatchAsync("model-versions/update", """{"name":"pizza","version":"2","description":"wider"}""");
        await mlflow.PostAsync("model-versions/set-tag", """{"name":"pizza","version":"2","key":"data","value":"v7"}""");
        await mlflow.PostAsync("model-versions/set-tag", """{"name":"pizza","version":"2","key":"gone","value":""}""");
        await mlflow.DeleteAsync("model-versions/delete-tag", """{"name":"pizza","version":"2","key":"gone"}""");
        await mlflow.PostAsync("model-versions/transition-stage", """{"name":"pizza","version":"1","stage":"Production","archive_existing_versions":false}""");
        await mlflow.PostAsync("model-versions/transition-stage", """{"name":"pizza","version":"2","stage":"production","archive_existing_versions":true}""");
        Assert.Equal("Archived", (string?)(await mlflow.GetAsync("model-versions/get?name=pizza&version=1"))["model_version"]!["current_stage"]);
        var latest = (await mlflow.PostAsync("registered-models/get-latest-versions", """{"name":"pizza","stages":["Production"]}"""))["model_versions"]!.AsArray();
        Assert.Equal("2", (string?)Assert.Single(latest)!["version"]);
        Assert.Equal(3, (await mlflow.GetAsync("registered-models/get-latest-versions?name=pizza"))["model_versions"]!.AsArray().Count);

        await mlflow.PostAsync("registered-models/alias", """{"name":"pizza","alias":"champion","version":"1"}""");
        await mlflow.PostAsync("registered-models/alias", """{"name":"pizza","alias":"champion","version":"2"}""");
        var champion = (await mlflow.GetAsync("registered-models/alias?name=pizza&alias=champion"))["model_version"]!;
        Assert.Equal(("2", "wider", """["champion"]""", """[{"key":"data","value":"v7"}]"""), ((string?)champion["version"], (string?)champion["description"], champion["aliases"]!.ToJsonString(), champion["tags"]!.ToJsonString()));
        Assert.Equal("""[{"alias":"champion","version":"2"}]""", (await mlflow.GetAsync("registered-models/get?name=pizza"))["registered_model"]!["aliases"]!.ToJsonString());
        var found = (await mlflow.GetAsync("model-versions/search?filter=" + Uri.EscapeDataString($"name='pizza' and run_id='{run}'") + "&order_by=version_number%20ASC&max_results=1"));
        Assert.Equal("1", (string?)found["model_versions"]![0]!["version"]);
        found = await mlflow.GetAsync("model-versions/search?filter=" + Uri.EscapeDataString($"name='pizza' and run_id='{run}'") + "&order_by=version_number%20ASC&max_results=1&page_token=" + Uri.EscapeDataString((string)found["next_page_token"]!));
        Assert.Equal("2", (string?)found["model_versions"]![0]!["version"]);
        await mlflow.DeleteAsync("registered-models/alias", """{"name":"pizza","alias":"champion"}""");
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.GetAsync("registered-models/alias?name=pizza&alias=champion", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("registered-models/alias", """{"name":"pizza","alias":"v1","version":"1"}""", s));
        await mlflow.RefusedAsync("RESOURCE_DOES_NOT_EXIST", 404, s => mlflow.PostAsync("registered-models/alias", """{"name":"pizza","alias":"a","version":"9"}""", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.GetAsync("model-versions/get?name=pizza&version=one", s));
        await mlflow.RefusedAsync("INVALID_PARAMETER_VALUE", 400, s => mlflow.PostAsync("model-versions/transition-stage", """{"name":"pizza","version":"1","stage":"Best","archive_existing_versions":false}""", s));
        await mlflow.RefusedAsync("RESOURCE_DOES_NOT_EXIST", 404, s => mlflow.PostAsync("model-versions/create", """{"name":"none","source":"x"}""", s));
        await mlflow.DeleteAsync("model-versions/delete", """{"name":"pizza","version":"1"}""");
        await mlflow.RefusedAsync("RESOURCE_DOES_NOT_EXIST", 404, s => mlflow.GetAsync("model-versions/get?name=pizza&version=1", s));
        Assert.False(File.Exists(Path.Combine(mlflow.Server.DataDirectory, "models", "pizza", "1", "model.onnx")));
    }

    private async Task<JsonNode> CreateAsync(string model, string source, string? run) => (await mlflow.PostAsync(
        "model-versions/create", new JsonObject { ["name"] = model, ["source"] = source, ["run_id"] = run }.ToJsonString()))["model_version"]!;

    private async Task PutAsync(string path, string content)
    {
        using var answer = await Http.PutAsync(new Uri(path, UriKind.Relative), new StringContent(content), Cancellation);
        Assert.Equal("{}", await answer.Content.ReadAsStringAsync(Cancellation));
    }
}
