using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>The lake is where <c>Lake:Store</c> says.</summary>
public sealed class LakeStoreTests(MotoServer server) : IClassFixture<MotoServer>, IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_lake_is_in_the_bucket_that_is_named()
    {
        var store = await S3Async();
        Assert.Equal(0, await Run(store).RunAsync("pipelines", "run", "write", "--wait"));
        var asked = Run(store);
        Assert.Equal(0, await asked.RunAsync("tables", "query", "select id, text from silver.notes order by id", "--json"));
        Assert.Contains("n3", asked.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Combine("data", "lake")));
        Assert.True(Directory.Exists(_folder.Combine("data", "cache", "objects")));

        // And as a bucket of its own, whoever opens it.
        var other = new TestRun { DataDirectory = _folder.Combine("other") };
        Set(other, store);
        Assert.Equal(0, await other.RunAsync("tables", "query", "select count(*) as notes from silver.notes", "--json"));
        Assert.Contains("3", other.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_says_whether_the_bucket_can_be_reached()
    {
        var store = await S3Async();
        Assert.Equal(("ok", true), await DoctorAsync(store, "can be reached"));
        store["TARN__LAKE__STORE"] = "s3://no-such-bucket/x";
        Assert.Equal(("missing", true), await DoctorAsync(store, "no bucket of that name"));
        store["TARN__LAKE__S3__ENDPOINT"] = "http://127.0.0.1:1";
        Assert.Equal(("missing", true), await DoctorAsync(store, "not reached"));
    }

    [Fact]
    public async Task All_that_is_wrong_is_told_at_once()
    {
        var run = Run(new() { ["TARN__LAKE__STORE"] = "s3://No_Bucket", ["TARN__LAKE__S3__PARTBYTES"] = "5", ["TARN__LAKE__S3__RETRIES"] = "many", ["TARN__LAKE__S3__BUCKET"] = "x", ["TARN__LAKE__STORRE"] = "x" });
        Assert.NotEqual(0, await run.RunAsync("tables", "list"));
        foreach (var part in new[] { "Lake:STORE", "a bucket's name", "PartBytes is 5 MiB", "whole number", "Lake:S3:BUCKET", "Endpoint, PathStyle", "STORRE" })
        {
            Assert.Contains(part, run.Errors, StringComparison.OrdinalIgnoreCase);
        }

        Assert.NotEqual(0, await Run(new() { ["TARN__LAKE__STORE"] = "relative/folder" }).RunAsync("tables", "list"));
    }

    [Fact]
    public async Task The_lake_may_be_in_another_folder()
    {
        var run = Run(new() { ["TARN__LAKE__STORE"] = new Uri(_folder.Combine("else where")).AbsoluteUri });
        Assert.Equal(0, await run.RunAsync("pipelines", "run", "write", "--wait"));
        Assert.True(Directory.Exists(_folder.Combine("else where", "silver", "notes", "_delta_log")));
    }

    private async Task<(string State, bool Says)> DoctorAsync(Dictionary<string, string> store, string says)
    {
        var run = Run(store);
        await run.RunAsync("doctor", "--json");
        var lake = JsonNode.Parse(run.Output)!["findings"]!.AsArray().Single(static f => (string?)f!["subject"] == "lake")!;
        return ((string)lake["state"]!, ((string)lake["detail"]!).Contains(says, StringComparison.Ordinal));
    }

    private async Task<Dictionary<string, string>> S3Async()
    {
        var bucket = await server.RequireBucketAsync();
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "test");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "not-to-be-seen");
        return new() { ["TARN__LAKE__STORE"] = $"s3://{bucket}/my lake", ["TARN__LAKE__S3__ENDPOINT"] = server.Endpoint.ToString(), ["TARN__LAKE__S3__PATHSTYLE"] = "true" };
    }

    private TestRun Run(Dictionary<string, string> store)
    {
        var run = new TestRun { DataDirectory = _folder.Combine("data") };
        Set(run, store);
        return run;
    }

    private static void Set(TestRun run, Dictionary<string, string> store)
    {
        foreach (var (name, value) in store)
        {
            run.Environment[name] = value;
        }
    }
}
