using System.Globalization;

namespace Tarn.Serving;

/// <content>Which instances stand out from the others, and are left out for a while. Under the lock.</content>
internal sealed partial class RemoteCluster
{
    private const int MostConsecutive = 5;
    private const int LeastRequests = 10;
    private const double MostFailures = 0.5;
    private const int MostEjections = 10;

    private static readonly TimeSpan LeastSlower = TimeSpan.FromMilliseconds(20);

    /// <summary>Leaves instances out that are much slower than the others.</summary>
    public void LookForSlow()
    {
        if (Options.SlowFactor == 0)
        {
            return;
        }

        lock (_gate)
        {
            var now = Now;
            var means = _instances
                .Where(i => IsAvailable(i, now))
                .Select(i => (Instance: i, Last: i.Last(now / TimeSpan.TicksPerSecond)))
                .Where(static x => x.Last.Requests >= LeastRequests)
                .Select(static x => (x.Instance, Mean: x.Last.Ticks / x.Last.Requests))
                .OrderByDescending(static x => x.Mean)
                .ToList();
            foreach (var (instance, mean) in means)
            {
                var others = means.Where(x => x.Instance != instance).Select(static x => x.Mean).Order().ToList();
                if (others.Count > 0 && others[others.Count / 2] is var median && mean > median * Options.SlowFactor && mean - median >= LeastSlower.Ticks)
                {
                    Eject(instance, string.Create(
                        CultureInfo.InvariantCulture, $"its answers take {new TimeSpan(mean).TotalMilliseconds:0} ms in the mean, those of the others {new TimeSpan(median).TotalMilliseconds:0} ms"));
                }
            }
        }
    }

    /// <summary>Why an instance stands out by its failures; null where it does not: where all fail alike, none does.</summary>
    private string? FailureOf(RemoteInstance instance)
    {
        if (instance.Consecutive >= MostConsecutive)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{instance.Consecutive} calls one after the other were not answered");
        }

        var second = Now / TimeSpan.TicksPerSecond;
        var own = instance.Last(second);
        if (own.Requests < LeastRequests || own.Failures < own.Requests * MostFailures)
        {
            return null;
        }

        var others = (Requests: 0, Failures: 0);
        foreach (var other in _instances)
        {
            if (other != instance)
            {
                var last = other.Last(second);
                others = (others.Requests + last.Requests, others.Failures + last.Failures);
            }
        }

        return others.Requests >= LeastRequests && 2L * others.Failures * own.Requests <= (long)own.Failures * others.Requests
            ? string.Create(CultureInfo.InvariantCulture, $"{own.Failures} of {own.Requests} calls failed, of those to the others {others.Failures} of {others.Requests}")
            : null;
    }

    /// <summary>Leaves an instance out, unless half of them are already.</summary>
    private void Eject(RemoteInstance instance, string reason)
    {
        var now = Now;
        if (2 * (1 + _instances.Count(i => i.IsEjected && now < i.EjectedUntil)) > _instances.Length)
        {
            return;
        }

        var sinceReturn = instance.Ejections == 0 ? long.MaxValue : now - instance.EjectedUntil;
        instance.Ejections = sinceReturn > MostEjections * Options.Ejection.Ticks ? 1 : Math.Min(instance.Ejections + 1, MostEjections);
        var time = Options.Ejection * instance.Ejections;
        (instance.IsEjected, instance.EjectedUntil, instance.EjectedUntilTime, instance.EjectedFor) = (true, now + time.Ticks, _time.GetUtcNow() + time, reason);
        instance.Forget();
        RemoteEvents.Ejected(_log, Name, instance.Url, instance.EjectedUntilTime, reason);
    }
}
