using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Registry;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Registered models, in SQLite.</summary>
public sealed class RegistryModelSourceTests : ModelSourceContract
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);
    private RegistryWorld? _world;
    private RegistryModelSource? _source;

    private protected override ModelSource Source => _source!;

    public override async ValueTask InitializeAsync()
    {
        _world = await RegistryWorld.OpenAsync(MetadataStore.Open(_directory.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance));
        _source = new RegistryModelSource(_world.Registry);
    }

    public override async ValueTask DisposeAsync()
    {
        _source!.Dispose();
        await _world!.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_champion_is_served_to_who_names_no_version_and_a_version_without_alias_is_not_loaded()
    {
        for (var version = 1; version <= 3; version++)
        {
            await AddAsync("pizza", version, TestModels.HalfPlusTwo(version));
        }

        await SetAliasAsync("pizza", "champion", 1);
        await SetAliasAsync("pizza", "challenger", 2);
        await using var served = await TestServer.StartAsync(Source);
        Assert.Equal([1L, 2], served.Server.Table.Get("pizza").Versions.Select(static v => v.Version));
        Assert.Equal<float[]>([3f], await served.AskAsync("pizza", 1));
        Assert.Equal<float[]>([4f], await served.AskAsync("pizza", 1, alias: "challenger"));

        await served.Until(() => SetAliasAsync("pizza", "champion", 3), static t => t.Get("pizza").Default?.Version == 3);
        Assert.Equal<float[]>([5f], await served.AskAsync("pizza", 1));
    }

    private protected override async Task AddAsync(string model, long version, byte[] bytes, string? signature = null)
    {
        var files = new List<ArtifactSource> { ArtifactSource.FromBytes(ModelVersion.ModelFileName, bytes) };
        if (signature is not null)
        {
            files.Add(ArtifactSource.FromText(ModelVersion.SignatureFileName, signature));
        }

        var registered = await _world!.Models.RegisterAsync(new NewModelVersion { Model = model, User = "ada", Files = files }, TestContext.Current.CancellationToken);
        Assert.Equal(version, registered.Version);
    }

    private protected override Task AddWithoutModelAsync(string model, long version) => _world!.Models.RegisterAsync(
        new NewModelVersion { Model = model, User = "ada", Files = [ArtifactSource.FromText("notes.txt", "later")] }, TestContext.Current.CancellationToken);

    private protected override Task SetAliasAsync(string model, string alias, long version) => _world!.Models.SetAliasAsync(model, alias, version, new AliasChange("ada", "better"), TestContext.Current.CancellationToken);

    private protected override Task RemoveAsync(string model, long version) => _world!.Models.DeleteVersionAsync(model, version, new AliasChange("ada", "old"), TestContext.Current.CancellationToken);
}
