using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What every source of models promises.</summary>
public abstract class ModelSourceContract : IAsyncLifetime
{
    private protected abstract ModelSource Source { get; }

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task Nothing_is_listed_where_nothing_is() => Assert.Empty(await ListAsync());

    [Fact]
    public async Task Models_are_listed_with_their_versions_ascending()
    {
        for (var version = 1; version <= 11; version++)
        {
            await AddAsync("pizza", version, TestModels.HalfPlusTwo());
        }

        await AddAsync("other", 1, TestModels.Simple());
        Assert.Equal(["other: 1", "pizza: 1 2 3 4 5 6 7 8 9 10 11"], (await ListAsync()).Select(static m => $"{m.Name}: {string.Join(' ', m.Versions)}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_version_that_has_no_model_is_not_listed()
    {
        await AddAsync("pizza", 1, TestModels.HalfPlusTwo());
        await AddWithoutModelAsync("pizza", 2);
        await AddWithoutModelAsync("none", 1);
        Assert.Equal(["pizza: 1"], (await ListAsync()).Select(static m => $"{m.Name}: {string.Join(' ', m.Versions)}"));
    }

    [Fact]
    public async Task The_files_of_a_listed_version_are_opened()
    {
        await AddAsync("pizza", 1, TestModels.HalfPlusTwo(1));
        await AddAsync("pizza", 2, TestModels.HalfPlusTwo(2), """{"labels": ["yes", "no"]}""");
        foreach (var version in (await ListAsync()).Single().Versions)
        {
            var files = await Source.OpenAsync("pizza", version, TestContext.Current.CancellationToken);
            var bytes = files.Path is null ? files.Bytes.ToArray() : await File.ReadAllBytesAsync(files.Path, TestContext.Current.CancellationToken);
            Assert.Equal(TestModels.HalfPlusTwo(version), bytes);
            Assert.Equal(version == 2 ? ["yes", "no"] : null, ModelAttachments.Read("pizza", files).Labels);
        }
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        await AddAsync("pizza", 1, TestModels.HalfPlusTwo());
        foreach (var (model, version) in new[] { ("pizza", 2L), ("none", 1L) })
        {
            var error = await Assert.ThrowsAsync<TarnException>(() => Source.OpenAsync(model, version, TestContext.Current.CancellationToken));
            Assert.Equal(ErrorKind.NotFound, error.Kind);
        }
    }

    [Fact]
    public async Task Aliases_are_listed_and_move()
    {
        await AddAsync("pizza", 1, TestModels.HalfPlusTwo());
        await AddAsync("pizza", 2, TestModels.HalfPlusTwo());
        Assert.Empty((await ListAsync()).Single().Aliases);
        await SetAliasAsync("pizza", "champion", 1);
        await SetAliasAsync("pizza", "challenger", 2);
        Assert.Equal(["challenger 2", "champion 1"], (await ListAsync()).Single().Aliases.Select(static a => $"{a.Key} {a.Value}").Order(StringComparer.Ordinal));
        await SetAliasAsync("pizza", "champion", 2);
        Assert.Equal(2, (await ListAsync()).Single().Aliases["champion"]);
    }

    [Fact]
    public async Task It_tells_of_versions_that_come_and_go_and_of_aliases_that_move()
    {
        await AddAsync("pizza", 1, TestModels.HalfPlusTwo());
        await Until(() => AddAsync("pizza", 2, TestModels.HalfPlusTwo()), static m => m.Single().Versions.Count == 2);
        await Until(() => SetAliasAsync("pizza", "champion", 1), static m => m.Single().Aliases.GetValueOrDefault("champion") == 1);
        await Until(() => RemoveAsync("pizza", 2), static m => m.Single().Versions.Count == 1);
        await Until(() => AddAsync("other", 1, TestModels.HalfPlusTwo()), static m => m.Count == 2);
    }

    [Fact]
    public async Task A_server_follows_it()
    {
        await AddAsync("pizza", 1, TestModels.HalfPlusTwo(1));
        await using var served = await TestServer.StartAsync(Source);
        Assert.Equal<float[]>([3f], await served.AskAsync("pizza", 1));

        await served.Until(() => AddAsync("pizza", 2, TestModels.HalfPlusTwo(2)), static t => t.Get("pizza").Default?.Version == 2);
        Assert.Equal<float[]>([4f], await served.AskAsync("pizza", 1));
        await served.Until(() => SetAliasAsync("pizza", "champion", 2), static t => t.Get("pizza").Aliases.Count == 1);
        Assert.Equal<float[]>([4f], await served.AskAsync("pizza", 1, alias: "champion"));
        await served.Until(() => AddAsync("other", 1, TestModels.HalfPlusTwo(5)), static t => t.Find("other")?.Default is not null);
        Assert.Equal<float[]>([7f], await served.AskAsync("other", 1));
    }

    private protected abstract Task AddAsync(string model, long version, byte[] bytes, string? signature = null);

    private protected abstract Task AddWithoutModelAsync(string model, long version);

    private protected abstract Task SetAliasAsync(string model, string alias, long version);

    private protected abstract Task RemoveAsync(string model, long version);

    private protected Task<IReadOnlyList<SourcedModel>> ListAsync() => Source.ListAsync(TestContext.Current.CancellationToken);

    /// <summary>Changes something, and waits until the source tells of changes and lists what is expected.</summary>
    private async Task Until(Func<Task> change, Func<IReadOnlyList<SourcedModel>, bool> condition)
    {
        using var told = new SemaphoreSlim(0);
        void Tell() => told.Release();
        Source.Changed += Tell;
        try
        {
            await change();
            do
            {
                Assert.True(await told.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), "It did not tell.");
            }
            while (!condition(await ListAsync()));
        }
        finally
        {
            Source.Changed -= Tell;
        }
    }
}
