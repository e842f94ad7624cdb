namespace Tarn.Serving;

/// <summary>The last predictions of endpoints, so that feedback on them can be counted at once: which variant had answered, and what. Safe for use from several threads.</summary>
internal sealed class RecentPredictions(int most = 65_536)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, RecentPrediction> _byId = new(most);
    private readonly Guid[] _ring = new Guid[most];
    private int _next;

    public void Add(Guid id, RecentPrediction prediction)
    {
        lock (_gate)
        {
            if (_ring[_next] != Guid.Empty)
            {
                _byId.Remove(_ring[_next]);
            }

            _ring[_next] = id;
            _next = (_next + 1) % most;
            _byId[id] = prediction;
        }
    }

    public RecentPrediction? Find(Guid id)
    {
        lock (_gate)
        {
            return _byId.TryGetValue(id, out var found) ? found : null;
        }
    }
}

/// <summary>A prediction that was answered lately.</summary>
/// <param name="Endpoint">The endpoint's name.</param>
/// <param name="Answer">What the answer came to: the label of the first row; null where that is not known here.</param>
/// <param name="Stats">What is counted of the variant.</param>
internal readonly record struct RecentPrediction(string Endpoint, string? Answer, VariantStats? Stats);
