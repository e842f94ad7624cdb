using System.Globalization;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// The instances of a cluster, and which of them a call goes to: of two at random the one with fewer calls under way, among those that are healthy and do not stand out. Safe for use from several
/// threads.
/// </summary>
internal sealed partial class RemoteCluster : IDisposable
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly Lock _gate = new();
    private readonly RemoteInstance[] _instances;
    private readonly RetryBudget _budget = new();
    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ulong _seed;
    private ulong _picks;

    public RemoteCluster(string name, RemoteOptions options, TimeProvider time, ILogger log, ulong seed)
    {
        (Name, Options, _time, _log, _seed) = (name, options, time, log, seed ^ RouteHash.Of(name, 0));
        _instances = [.. options.Urls.Select(static u => new RemoteInstance(new Uri(u)))];
        _http = new HttpMessageInvoker(RemoteHttp.NewHandler(options));
    }

    public string Name { get; }

    public RemoteOptions Options { get; }

    public TimeProvider Time => _time;

    public ILogger Log => _log;

    /// <summary>Ticks of this cluster's own clock.</summary>
    private long Now => _time.GetElapsedTime(0).Ticks;

    /// <summary>Chooses an instance that was not asked yet; null where none is left. Each that is given is given back by <see cref="Done"/>.</summary>
    /// <param name="tried">Those that this call asked already; for each further one the budget has to have room.</param>
    public RemoteInstance? Pick(ReadOnlySpan<RemoteInstance?> tried)
    {
        lock (_gate)
        {
            var now = Now;
            Span<int> free = stackalloc int[_instances.Length];
            var count = 0;
            for (var i = 0; i < _instances.Length; i++)
            {
                if (IsAvailable(_instances[i], now) && !IsIn(tried, _instances[i]))
                {
                    free[count++] = i;
                }
            }

            if (tried.IsEmpty)
            {
                _budget.Count(now / TimeSpan.TicksPerSecond);
            }

            if (count == 0 || (!tried.IsEmpty && !_budget.TryRetry(now / TimeSpan.TicksPerSecond)))
            {
                return null;
            }

            var random = RouteHash.Mix(_seed + (++_picks * Golden));
            var a = (int)((uint)random % (uint)count);
            var chosen = _instances[free[a]];
            if (count > 1)
            {
                var b = (a + 1 + (int)((uint)(random >> 32) % (uint)(count - 1))) % count;
                var other = _instances[free[b]];
                chosen = other.InFlight < chosen.InFlight ? other : chosen;
            }

            chosen.InFlight++;
            return chosen;
        }
    }

    /// <summary>Notes how an attempt ended, and leaves an instance out that stands out by its failures.</summary>
    /// <param name="instance">The instance that was asked.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="took">How long it took until the answer began, or failed.</param>
    public void Done(RemoteInstance instance, RemoteOutcome outcome, TimeSpan took)
    {
        lock (_gate)
        {
            instance.InFlight--;
            if (outcome == RemoteOutcome.Abandoned)
            {
                return;
            }

            var hasFailed = outcome != RemoteOutcome.Answered;
            instance.Requests++;
            instance.Failures += hasFailed ? 1 : 0;
            instance.Consecutive = outcome == RemoteOutcome.Unreachable ? instance.Consecutive + 1 : hasFailed ? instance.Consecutive : 0;
            instance.Note(Now / TimeSpan.TicksPerSecond, hasFailed, took.Ticks);
            if (!hasFailed)
            {
                instance.Latency.Add(took.Ticks);
            }

            if (hasFailed && !instance.IsEjected && FailureOf(instance) is { } reason)
            {
                Eject(instance, reason);
            }
        }
    }

    /// <summary>Notes that an answer broke off after it had begun to be passed on.</summary>
    public void BrokenOff(RemoteInstance instance, string reason)
    {
        RemoteEvents.BrokenOff(_log, Name, instance.Url, reason);
        lock (_gate)
        {
            instance.Failures++;
            instance.Consecutive++;
        }
    }

    /// <summary>Sends a request; returns when the answer's headers are there.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation) => _http.SendAsync(request, cancellation);

    /// <summary>The instances as they are now.</summary>
    public IReadOnlyList<RemoteStatus> Read()
    {
        lock (_gate)
        {
            var now = Now;
            var retries = _budget.Left(now / TimeSpan.TicksPerSecond);
            return [.. _instances.Select(i => Status(i, IsAvailable(i, now)) with { RetriesLeft = retries })];
        }
    }

    /// <summary>The error of a call that no instance answers.</summary>
    /// <param name="problem">What went wrong with the last one that was asked; null where none could be.</param>
    public TarnException Unavailable(string? problem) => new(
        ErrorKind.Unavailable,
        $"A request is answered where an instance of the remote cluster {Name} can answer.",
        problem ?? Describe(),
        "Try again soon. The operator sees in the log which instances cannot, and why.")
    {
        RetryAfter = problem is null ? Options.HealthInterval : TimeSpan.FromSeconds(1),
    };

    public void Dispose() => _http.Dispose();

    private static bool IsIn(ReadOnlySpan<RemoteInstance?> tried, RemoteInstance instance)
    {
        foreach (var other in tried)
        {
            if (other == instance)
            {
                return true;
            }
        }

        return false;
    }

    private string Describe()
    {
        lock (_gate)
        {
            return string.Create(CultureInfo.InvariantCulture, $"of {_instances.Length}, {_instances.Count(static i => !i.IsHealthy)} not healthy, {_instances.Count(static i => i.IsEjected)} left out");
        }
    }

    private RemoteStatus Status(RemoteInstance i, bool isAvailable) => new(
        Name,
        i.Url,
        i.IsHealthy,
        i.IsEjected ? i.EjectedUntilTime : null,
        i.InFlight,
        i.Requests,
        i.Failures,
        LatencySummary.Of(i.Latency.Read())?.P50,
        isAvailable ? null : i.IsHealthy ? i.EjectedFor : i.HealthProblem);

    private bool IsAvailable(RemoteInstance instance, long now)
    {
        if (instance.IsEjected && now >= instance.EjectedUntil)
        {
            instance.IsEjected = false;
            RemoteEvents.Returned(_log, Name, instance.Url);
        }

        return instance.IsHealthy && !instance.IsEjected;
    }
}
