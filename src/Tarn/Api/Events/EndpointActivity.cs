using Tarn.Serving;

namespace Tarn;

/// <summary>Tells, once a second and only while somebody watches, at which endpoints something was counted.</summary>
internal sealed class EndpointActivity : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly EndpointBook _book;
    private readonly EndpointStats _stats;
    private readonly Func<bool> _isWatched;
    private readonly Action<string> _tell;
    private readonly Dictionary<string, long> _seen = new(StringComparer.Ordinal);
    private readonly Lock _looking = new();
    private readonly ITimer _timer;

    public EndpointActivity(EndpointBook book, EndpointStats stats, TimeProvider time, Func<bool> isWatched, Action<string> tell)
    {
        (_book, _stats, _isWatched, _tell) = (book, stats, isWatched, tell);
        _timer = time.CreateTimer(static s => ((EndpointActivity)s!).Look(), this, Period, Period);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (!_isWatched())
        {
            return;
        }

        lock (_looking)
        {
            foreach (var endpoint in _book.Endpoints)
            {
                var recorded = endpoint.Route.Variants.Sum(v => _stats.Find(endpoint.Name, v.Name)?.Recorded ?? 0)
                    + endpoint.Route.Shadows.Sum(s => _stats.Find(endpoint.Name, s.Name)?.Recorded ?? 0);
                if (recorded != _seen.GetValueOrDefault(endpoint.Name))
                {
                    _seen[endpoint.Name] = recorded;
                    _tell(endpoint.Name);
                }
            }
        }
    }
}
