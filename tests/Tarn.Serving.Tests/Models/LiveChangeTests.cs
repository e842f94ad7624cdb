using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Versions, aliases and options that change while clients ask.</summary>
public sealed class LiveChangeTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new(inMemory: true);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_request_fails_while_versions_aliases_and_options_change(int seed)
    {
        var random = new Random(seed);
        Write(1);
        await Settle("aliases.json", """{"stable": 1}""");
        await using var served = await TestServer.StartAsync(new FolderModelSource(_folder.Path));
        using var clients = new Clients(served, seed);
        var latest = 1L;
        var held = new List<LoadedModel>();
        for (var step = 0; step < 40; step++)
        {
            await clients.MoveOnAsync();
            switch (random.Next(4))
            {
                case 0:
                    latest++;
                    held.Add(served.Server.Table.Get("half").Default!);
                    await served.Until(() => Write(latest), t => t.Get("half").Default?.Version == latest && t.Get("half").Loaded.Count == 1);
                    break;
                case 1:
                    await served.Until(() => Settle("aliases.json", $$"""{"stable": {{latest}}, "step": {{latest}}}"""), t => t.Get("half").Aliases.GetValueOrDefault("step") == latest);
                    await served.Until(() => Settle("aliases.json", $$"""{"stable": {{latest}}}"""), static t => t.Get("half").Aliases.Count == 1);
                    break;
                case 2:
                    var options = new ModelOptions { MaxBatchSize = random.Next(1, 9), Instances = random.Next(1, 4), CacheBytes = 1000 * random.Next(2), MaxQueue = 1000 + step };
                    held.Add(served.Server.Table.Get("half").Default!);
                    await served.Until(
                        () => Settle("model.json", $$"""{"maxBatchSize": {{options.MaxBatchSize}}, "instances": {{options.Instances}}, "cacheBytes": {{options.CacheBytes}}, "maxQueue": {{options.MaxQueue}}}"""),
                        t => t.Get("half").Default?.Options.LoadsAs(options) == true);
                    break;
                default:
                    // A version that cannot be loaded: the one before it stays.
                    await served.Until(() => TestModels.Write(_folder.Path, "half", 1000, [1, 2, 3]), static t => t.Get("half").Versions.Any(static v => v is { Version: 1000, State: VersionState.End }));
                    await served.Until(() => Directory.Delete(_folder.Combine("half", "1000"), recursive: true), static t => t.Get("half").Versions.All(static v => v.Version != 1000));
                    break;
            }
        }

        Assert.Empty(await clients.StopAsync());
        Assert.True(held.Count > 5);
        await Task.WhenAll(held.Select(static m => m.Freed)).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task While_a_model_is_unloaded_it_is_not_found_while_it_is_loaded_again_it_says_so_and_nothing_else_fails()
    {
        Write(1);
        await using var served = await TestServer.StartAsync(new FolderModelSource(_folder.Path));
        using var clients = new Clients(served, 3);
        var old = new List<LoadedModel>();
        for (var step = 0; step < 30; step++)
        {
            old.Add(served.Server.Table.Get("half").Default!);
            await clients.MoveOnAsync();
            await served.Server.UnloadAsync("half", TestContext.Current.CancellationToken);
            Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => served.AskAsync("half", 1))).Kind);
            await served.Server.LoadAsync("half", TestContext.Current.CancellationToken);
            await served.AskAsync("half", 1);
        }

        Assert.All(await clients.StopAsync(), static e => Assert.True(e is TarnException { Kind: ErrorKind.NotFound } or TarnException { Kind: ErrorKind.Unavailable, Rule: "A model answers once it is loaded.", RetryAfter: not null }, e.ToString()));
        await Task.WhenAll(old.Select(static m => m.Freed)).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(30, old.Distinct().Count());
    }

    [Fact]
    public async Task Options_that_are_written_again_and_policies_load_nothing_anew()
    {
        const string Options = """{"maxBatchSize": 8, "preferredBatchSizes": [2, 4], "batchDelayMs": 1}""";
        for (var version = 1; version <= 3; version++)
        {
            Write(version);
        }

        await Settle("model.json", Options);
        await using var served = await TestServer.StartAsync(new FolderModelSource(_folder.Path));
        var loaded = served.Server.Table.Get("half").Default!;
        await Settle("model.json", Options + " ");
        await served.Server.LoadAsync("half", TestContext.Current.CancellationToken);
        Assert.Same(loaded, served.Server.Table.Get("half").Default);

        await served.Until(() => Settle("model.json", Options.Replace("{", """{"versions": "latest:2", """, StringComparison.Ordinal)), static t => t.Get("half").Loaded.Count == 2);
        Assert.Same(loaded, served.Server.Table.Get("half").Default);
    }

    [Fact]
    public async Task A_look_that_finds_nothing_new_tells_nobody()
    {
        Write(1);
        await using var served = await TestServer.StartAsync(new FolderModelSource(_folder.Path));
        await served.Server.LoadAsync("half", TestContext.Current.CancellationToken);
        var (table, told) = (served.Server.Table, 0);
        served.Server.Changed += () => told++;
        await served.Server.LoadAsync("half", TestContext.Current.CancellationToken);
        Assert.Same(table, served.Server.Table);
        Assert.Equal(0, told);
    }

    private void Write(long version) => TestModels.Write(_folder.Path, "half", version, TestModels.HalfPlusTwo(version));

    /// <summary>Writes a file of the model's, whole or not at all.</summary>
    private async Task Settle(string name, string text)
    {
        var partial = _folder.Combine($"{name}.partial");
        await File.WriteAllTextAsync(partial, text, TestContext.Current.CancellationToken);
        File.Move(partial, _folder.Combine("half", name), overwrite: true);
    }

    /// <summary>Clients that ask without a pause, each checking that the answer is one of the version that gave it.</summary>
    private sealed class Clients : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly List<Exception> _errors = [];
        private readonly Task[] _tasks;
        private long _answered;

        public Clients(TestServer served, int seed) => _tasks = [.. Enumerable.Range(0, 4).Select(client => Task.Run(() => AskAsync(served, new Random((seed * 11) + client))))];

        /// <summary>Waits until some more requests were made.</summary>
        public async Task MoveOnAsync()
        {
            var until = Volatile.Read(ref _answered) + 50;
            while (Volatile.Read(ref _answered) < until)
            {
                await Task.Yield();
            }
        }

        public async Task<List<Exception>> StopAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_tasks);
            return _errors;
        }

        public void Dispose()
        {
            _stop.Cancel();
            _stop.Dispose();
        }

        private async Task AskAsync(TestServer served, Random random)
        {
            while (!_stop.IsCancellationRequested)
            {
                try
                {
                    var value = (float)random.Next(1, 20);
                    var (answer, version) = await served.AskWithVersionAsync("half", value);
                    if (answer is not [var given] || given != (value * version) + 2)
                    {
                        throw new InvalidOperationException($"{string.Join(' ', answer)} is not {value} x {version} + 2");
                    }
                }
                catch (Exception error)
                {
                    lock (_errors)
                    {
                        _errors.Add(error);
                    }
                }

                Interlocked.Increment(ref _answered);
                await Task.Yield();
            }
        }
    }
}
