namespace Tarn.Serving;

/// <summary>Keeps gRPC's health states as the model server is: of the whole server, of the inference service, and of each model by its name.</summary>
internal sealed class ModelHealth
{
    private readonly Lock _gate = new();
    private readonly ModelServer _models;
    private readonly ServingStates _states;
    private readonly string _service;
    private bool _isStopped;

    /// <summary>Begins to follow the server.</summary>
    /// <param name="models">The model server.</param>
    /// <param name="states">What is kept.</param>
    /// <param name="service">The full name of the inference service.</param>
    public ModelHealth(ModelServer models, ServingStates states, string service)
    {
        (_models, _states, _service) = (models, states, service);
        models.Changed += Tell;
        Tell();
    }

    /// <summary>Says that nothing can be asked any more: the server stops.</summary>
    public void Stop()
    {
        _models.Changed -= Tell;
        lock (_gate)
        {
            _isStopped = true;
            _states.StopAll();
        }
    }

    private void Tell()
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                return;
            }

            var states = new Dictionary<string, bool>(StringComparer.Ordinal);
            foreach (var model in _models.Table.All)
            {
                states[model.Name] = model.Default is not null;
            }

            states[""] = states[_service] = _models.IsReady;
            _states.SetAll(states);
        }
    }
}
