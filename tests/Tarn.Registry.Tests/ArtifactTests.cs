using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Xunit;

namespace Tarn.Registry.Tests;

/// <summary>Where files go, and that none leads out.</summary>
public sealed class ArtifactTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);
    private readonly MetadataStore _store;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ArtifactTests() => _store = MetadataStore.Open(_directory.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_of_a_run_is_kept_read_listed_and_removed(bool isRemote)
    {
        var registry = await OpenAsync(isRemote);
        var run = await registry.Runs.StartAsync(new NewTrainingRun { ExperimentId = 0 }, Cancellation);
        var bytes = new byte[9 << 20];
        new Random(7).NextBytes(bytes);
        var kept = await registry.Artifacts.PutAsync(run, ArtifactSource.FromBytes("plots/big.bin", bytes), Cancellation);
        await registry.Artifacts.PutAsync(run, ArtifactSource.FromText("note.md", "hello"), Cancellation);
        Assert.Equal((bytes.Length, "plots/big.bin"), (kept.Size, kept.Path));
        var folder = ArtifactStore.FolderOf(run);
        Assert.Equal($"artifacts/0/{run.Id}/artifacts", folder);
        Assert.Equal([new("note.md", false, 5), new ArtifactEntry("plots", true, null)], await registry.Artifacts.ListAsync(folder, Cancellation));
        Assert.Empty(await registry.Artifacts.ListAsync($"{folder}/note.md", Cancellation));
        await using (var stream = (await registry.Artifacts.OpenAsync($"{folder}/plots/big.bin", Cancellation))!)
        {
            var read = new MemoryStream();
            await stream.CopyToAsync(read, Cancellation);
            Assert.True(read.ToArray().AsSpan().SequenceEqual(bytes));
        }

        Assert.Equal(2, await registry.Artifacts.DeleteAsync(folder, Cancellation));
        Assert.Null(await registry.Artifacts.OpenAsync($"{folder}/note.md", Cancellation));
        Assert.Empty(Directory.EnumerateFiles(_directory.Combine("artifacts"), "*.tmp"));
    }

    [Theory]
    [InlineData("mlflow-artifacts:/0/r/artifacts", "artifacts/0/r/artifacts")]
    [InlineData("mlflow-artifacts://localhost:8080/0/r/a%20b", "artifacts/0/r/a b")]
    [InlineData("mlflow-artifacts:/models/pizza/1", "models/pizza/1")]
    [InlineData("mlflow-artifacts:/0/../../etc", null)]
    [InlineData("mlflow-artifacts:/0/%2e%2e/etc", null)]
    [InlineData("mlflow-artifacts:/0/..%5Cetc", null)]
    [InlineData("s3://bucket/0", null)]
    public void A_uri_leads_into_the_store_or_nowhere(string uri, string? path) => Assert.Equal(path, ArtifactStore.PathOf(uri));

    [Theory]
    [InlineData("Pizza v2", "Pizza%20v2")]
    [InlineData("..", "%2E.")]
    [InlineData("été", "%C3%A9t%C3%A9")]
    [InlineData("a.b-c_D9", "a.b-c_D9")]
    public void A_models_folder_is_a_name_that_every_file_system_has(string name, string folder) => Assert.Equal(folder, ModelRules.FolderName(name));

    private async Task<ModelRegistry> OpenAsync(bool isRemote)
    {
        ObjectStore objects = new LocalObjectStore(_directory.Path, new LocalStoreOptions { Durable = false });
        objects = isRemote ? new FaultyObjectStore(objects, static _ => Fault.None, isRemote: true) : objects;
        var registry = new ModelRegistry(_store, objects, _directory.Combine("artifacts"), TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
        await registry.OpenAsync(Cancellation);
        return registry;
    }
}
