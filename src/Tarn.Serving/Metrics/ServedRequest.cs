namespace Tarn.Serving;

/// <summary>What is noted of a request of a serving protocol until it has been answered: a feature of its HTTP context, used again for one request after another.</summary>
internal sealed class ServedRequest
{
    private ServedRequests _owner = null!;

    /// <summary>When it came, a timestamp of the clock.</summary>
    public long StartedAt { get; private set; }

    /// <summary>The version that answers; null where it did not come to that.</summary>
    public LoadedModel? Model { get; private set; }

    /// <summary>What is counted of that model's requests.</summary>
    public ModelRequests? Counts { get; private set; }

    /// <summary>The endpoint's name; null where a model was called.</summary>
    public string? Endpoint { get; private set; }

    /// <summary>The variant's name.</summary>
    public string? Variant { get; private set; }

    /// <summary>Whether the model was asked, with whatever outcome.</summary>
    public bool HasRun { get; private set; }

    /// <summary>How a gRPC call ended; null for other requests.</summary>
    public GrpcStatus? Grpc { get; set; }

    public void Begin(ServedRequests owner, long now) => (_owner, StartedAt) = (owner, now);

    /// <summary>Which version answers; null where a remote cluster does.</summary>
    public void Note(LoadedModel? model, string? endpoint, string? variant) => (Model, Counts, Endpoint, Variant) = (model, model is null ? null : _owner.Of(model.Name), endpoint, variant);

    /// <summary>The model was asked.</summary>
    public void NoteRun(InferenceRequest request)
    {
        HasRun = true;
        if (request is { Failure: null, IsFromCache: false })
        {
            Counts?.RecordRun(request.ComputedAt - request.StartedAt);
        }
    }

    public void Clear() => (Model, Counts, Endpoint, Variant, HasRun, Grpc) = (null, null, null, null, false, null);
}
