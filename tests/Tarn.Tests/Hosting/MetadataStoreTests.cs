using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Tests;

/// <summary>The program's own state is where <c>Metadata:Store</c> says.</summary>
public sealed class MetadataStoreTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>, IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_a_word_it_is_in_the_data_directory()
    {
        await using (var store = await OpenAsync([]))
        {
            Assert.False(store.IsShared);
            Assert.Equal(_folder.Combine("meta.db"), store.Location);
        }

        Assert.True(File.Exists(_folder.Combine("meta.db")));
        Assert.Equal(("ok", true), await DoctorAsync([], "SQLite"));
    }

    [Fact]
    public async Task Processes_with_data_directories_of_their_own_share_a_database()
    {
        var store = new Dictionary<string, string> { ["Metadata:Store"] = await UriAsync(), ["Metadata:Postgres:Schema"] = "shared" };
        await using var one = await OpenAsync(store);
        await using var two = await OpenAsync(store);
        Assert.True(one.IsShared);
        Assert.EndsWith("schema shared", one.Location, StringComparison.Ordinal);
        await one.SetValueAsync("c", "n", "v", TestContext.Current.CancellationToken);
        Assert.Equal("v", await two.FindValueAsync("c", "n", TestContext.Current.CancellationToken));
        Assert.False(File.Exists(_folder.Combine("meta.db")));
    }

    [Fact]
    public async Task A_pipeline_runs_and_its_run_is_seen_from_another_data_directory()
    {
        var settings = new Dictionary<string, string> { ["TARN__METADATA__STORE"] = await UriAsync() };
        var run = Run(settings);
        Assert.True(await run.RunAsync("pipelines", "run", "write", "--wait") == 0, run.Errors);
        var other = Run(settings, "other");
        Assert.Equal(0, await other.RunAsync("runs", "list", "--json"));
        Assert.Contains("success", other.Output, StringComparison.OrdinalIgnoreCase);
        Assert.False(File.Exists(_folder.Combine("data", "meta.db")));
    }

    [Fact]
    public async Task Doctor_says_which_store_and_whether_it_answers()
    {
        var store = await UriAsync();
        Assert.Equal(("ok", true), await DoctorAsync(new() { ["TARN__METADATA__STORE"] = store }, "which the first start makes, answers"));
        Assert.Equal(("missing", true), await DoctorAsync(new() { ["TARN__METADATA__STORE"] = "postgres://u:not-to-be-seen@127.0.0.1:1/d" }, "u@127.0.0.1:1/d: The metadata's PostgreSQL cannot be reached"));
        Assert.Equal(("missing", true), await DoctorAsync(new() { ["TARN__METADATA__STORE"] = $"{store}-is-not-there" }, "database is missing"));
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_told_at_the_start()
    {
        var run = Run(new() { ["TARN__METADATA__STORE"] = "postgres://u:not-to-be-seen@127.0.0.1:1/d" });
        Assert.Equal(1, await run.RunAsync("pipelines", "list"));
        Assert.Contains("u@127.0.0.1:1/d", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("not-to-be-seen", run.Errors + run.Output, StringComparison.Ordinal);

        // A server waits for it; a verb does not keep who sits before it.
        Assert.DoesNotContain("StartTimeout", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_is_wrong_is_told_at_once_and_no_secret_with_it()
    {
        var run = Run(new()
        {
            ["TARN__METADATA__STORE"] = "mysql://u:not-to-be-seen@h/d",
            ["TARN__METADATA__POSTGRES__SCHEMA"] = "No Schema",
            ["TARN__METADATA__POSTGRES__WRITERTIMEOUT"] = "soon",
            ["TARN__METADATA__POSTGRES__MAXREADERS"] = "0",
            ["TARN__METADATA__STORRE"] = "x",
        });
        Assert.NotEqual(0, await run.RunAsync("tables", "list"));
        foreach (var part in new[] { "Metadata:STORE", "postgres://user:password@host", "Schema is 1 to 48", "WRITERTIMEOUT", "MaxReaders is 1 to 200", "STORRE" })
        {
            Assert.Contains(part, run.Errors, StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain("not-to-be-seen", run.Errors + run.Output, StringComparison.Ordinal);
    }

    private async Task<string> UriAsync()
    {
        var connection = new System.Data.Common.DbConnectionStringBuilder { ConnectionString = await cluster.RequireAsync() };
        return $"postgres://{connection["Username"]}:{connection["Password"]}@{connection["Host"]}:{connection["Port"]}/{connection["Database"]}";
    }

    private async Task<MetadataStore> OpenAsync(Dictionary<string, string> settings)
    {
        var errors = new List<OptionError>();
        var section = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(static s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build().GetSection("Metadata");
        var plan = MetadataStorePlan.Read(section, errors);
        Assert.Empty(errors);
        return await plan.OpenAsync(_folder.Path, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance, isAwaited: true, TestContext.Current.CancellationToken);
    }

    private async Task<(string State, bool Says)> DoctorAsync(Dictionary<string, string> settings, string says)
    {
        var run = Run(settings);
        await run.RunAsync("doctor", "--json");
        Assert.DoesNotContain("not-to-be-seen", run.Output, StringComparison.Ordinal);
        var finding = JsonNode.Parse(run.Output)!["findings"]!.AsArray().Single(static f => (string?)f!["subject"] == "metadata")!;
        return ((string)finding["state"]!, ((string)finding["detail"]!).Contains(says, StringComparison.Ordinal));
    }

    private TestRun Run(Dictionary<string, string> settings, string data = "data")
    {
        var run = new TestRun { DataDirectory = _folder.Combine(data) };
        foreach (var (name, value) in settings)
        {
            run.Environment[name] = value;
        }

        return run;
    }
}
