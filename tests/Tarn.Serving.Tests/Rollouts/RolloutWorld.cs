using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Registry;

namespace Tarn.Serving.Tests;

/// <summary>An endpoint, its model with versions 1 (the champion) and 2, and processes that answer its requests.</summary>
internal sealed class RolloutWorld : IAsyncDisposable
{
    public const string Name = "pizza";

    public static readonly RouteChange Ada = new("ada", "A better one.");

    private readonly List<Process> _processes = [];

    private RolloutWorld(RegistryWorld registry, AlertOutbox alerts) => (Registry, Alerts) = (registry, alerts);

    public RegistryWorld Registry { get; }

    public AlertOutbox Alerts { get; }

    public ManualTimeProvider Time => Registry.Time;

    public static async Task<RolloutWorld> OpenAsync(MetadataStore store)
    {
        var time = new ManualTimeProvider();
        var registry = await RegistryWorld.OpenAsync(store, time);
        var alerts = new AlertOutbox(store, new AlertChannels([]), time, IdSource.CreateSeeded(time, 1));
        await alerts.MigrateAsync();
        for (var version = 1; version <= 3; version++)
        {
            await registry.RegisterAsync(Name, $"weights {version}");
        }

        await registry.Models.SetAliasAsync(Name, RegisteredModels.Champion, 1, new AliasChange("ada"));
        return new RolloutWorld(registry, alerts);
    }

    /// <summary>A process that begins now: with no memory but the store's.</summary>
    public async Task<Process> ProcessAsync(int seed = 1)
    {
        var process = new Process(this, seed);
        await process.Book.OpenAsync([new EndpointDefinition(Name, Name)]);
        _processes.Add(process);
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.Book.DisposeAsync();
        }

        await Registry.DisposeAsync();
    }

    /// <summary>A process that answers requests and looks after rollouts.</summary>
    public sealed class Process
    {
        private readonly RolloutWorld _world;
        private readonly Random _random;

        public Process(RolloutWorld world, int seed)
        {
            (_world, _random) = (world, new Random(seed));
            Book = new EndpointBook(world.Registry.Store, world.Time, NullLoggerFactory.Instance, world.Alerts);
            Stats = new EndpointStats(world.Time);
            Rollouts = new Rollouts(Book, world.Registry.Models);
            Runner = new RolloutRunner(Book, Stats, world.Registry.Models, world.Time, NullLoggerFactory.Instance);
        }

        public EndpointBook Book { get; }

        public EndpointStats Stats { get; }

        public Rollouts Rollouts { get; }

        public RolloutRunner Runner { get; }

        public Endpoint Endpoint => Book.Get(Name);

        /// <summary>Answers requests as the route says; the canary's errors and latency are as given.</summary>
        public void Answer(int requests, double canaryErrors, double errors = 0.01, double canaryMilliseconds = 10)
        {
            for (var i = 0; i < requests; i++)
            {
                var variant = Endpoint.Route.Choose("", "", (ulong)_random.NextInt64(long.MinValue, long.MaxValue));
                var isCanary = variant.Name == "canary";
                var milliseconds = (isCanary ? canaryMilliseconds : 10) * (0.5 + _random.NextDouble());
                Stats.Of(Name, variant.Name).Record((long)(milliseconds * TimeSpan.TicksPerMillisecond), _random.NextDouble() < (isCanary ? canaryErrors : errors));
            }
        }

        /// <summary>Answers requests second by second, and looks, until the rollout is over.</summary>
        public async Task<Rollout> RunAsync(double canaryErrors, double canaryMilliseconds = 10, int most = 400, Action? each = null)
        {
            for (var second = 0; second < most && Endpoint.Rollout is not null; second++)
            {
                Answer(300, canaryErrors, canaryMilliseconds: canaryMilliseconds);
                await LookAsync();
                each?.Invoke();
            }

            return await LastAsync();
        }

        public async Task LookAsync()
        {
            _world.Time.Advance(TimeSpan.FromSeconds(1));
            await Runner.LookAsync(CancellationToken.None);
        }

        public async Task<Rollout> LastAsync() => (await Book.ListRolloutsAsync(Name, limit: 1))[0];

        public async Task<RouteChangeKind[]> KindsAsync() => [.. (await Book.ListLedgerAsync(Name, limit: 1000)).Select(static e => e.Kind).Reverse()];
    }
}
