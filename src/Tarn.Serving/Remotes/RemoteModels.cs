using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// The remote clusters that variants of endpoints may name (<see cref="VariantTarget.OfRemote"/>): other processes of Tarn, or servers of the Open Inference Protocol. Safe for use from several threads.
/// </summary>
public sealed class RemoteModels : IAsyncDisposable
{
    private readonly Dictionary<string, RemoteCluster> _clusters = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private Task _following = Task.CompletedTask;
    private int _isDisposed;

    /// <summary>Clusters, all of whose instances count as healthy until <see cref="Start"/> found otherwise.</summary>
    /// <param name="clusters">Their options by their names, each of 1 to 64 lower-case letters, digits and hyphens.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where changes of the instances' health are told.</param>
    /// <param name="seed">By which calls are dealt to instances.</param>
    /// <exception cref="TarnException">A name or an option breaks a rule; the message has all of them.</exception>
    public RemoteModels(IReadOnlyDictionary<string, RemoteOptions> clusters, TimeProvider time, ILoggerFactory loggers, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(clusters);
        List<string> broken = [];
        foreach (var (name, options) in clusters)
        {
            RouteRules.Named(broken, "remote cluster", name);
            broken.AddRange(options.Errors().Select(e => $"{ServingRules.Short(name)}: {e}"));
        }

        ServingRules.Check(broken, "Remote clusters keep their rules.");
        var log = loggers.CreateLogger<RemoteModels>();
        foreach (var (name, options) in clusters.OrderBy(static c => c.Key, StringComparer.Ordinal))
        {
            _clusters.Add(name, new RemoteCluster(name, options, time, log, seed));
        }
    }

    /// <summary>The clusters' names, in order.</summary>
    public IReadOnlyList<string> Names => [.. _clusters.Keys];

    /// <summary>Whether there is a cluster of a name.</summary>
    public bool Has(string name) => _clusters.ContainsKey(name);

    /// <summary>Begins to ask the instances for their health, at once and then at each interval, until this is disposed of.</summary>
    public void Start() => _following = Task.WhenAll(_clusters.Values.Select(c => Task.Run(() => c.FollowAsync(_stop.Token))));

    /// <summary>All instances as they are now, by cluster, in the order in which they are configured.</summary>
    public IReadOnlyList<RemoteStatus> Read() => [.. _clusters.Values.SelectMany(static c => c.Read())];

    /// <summary>Stops asking, and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(false);
        foreach (var cluster in _clusters.Values)
        {
            cluster.Dispose();
        }

        _stop.Dispose();
    }

    /// <summary>The cluster of a name.</summary>
    /// <exception cref="TarnException">None is configured here.</exception>
    internal RemoteCluster Get(string name) => _clusters.GetValueOrDefault(name) ?? throw NotConfigured(name);

    internal static TarnException NotConfigured(string name) => new(
        ErrorKind.Unavailable, "A remote cluster that a variant names is configured where it is called.", name, $"Set Serving:Remotes:{name}:Urls, or take the variant out of the split.");
}
