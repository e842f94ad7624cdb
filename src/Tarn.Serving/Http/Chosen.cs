namespace Tarn.Serving;

/// <summary>The version that answers a request, with a lease of it: the one that was named, or the one that the endpoint's route chose. Where that is a remote cluster there is no version here.</summary>
internal readonly struct Chosen(LoadedModel? model, long startedAt) : IDisposable
{
    /// <summary>The version; not to be asked for where <see cref="Remote"/> is set.</summary>
    public LoadedModel Model => model!;

    /// <summary>The cluster that answers; null where a version here does.</summary>
    public RemoteCluster? Remote { get; init; }

    /// <summary>When the request came, a timestamp of the clock.</summary>
    public long StartedAt => startedAt;

    /// <summary>The endpoint that was called; null where a model was.</summary>
    public Endpoint? Endpoint { get; init; }

    /// <summary>The variant that the route chose.</summary>
    public Variant? Variant { get; init; }

    /// <summary>What is counted of that.</summary>
    public VariantStats? Stats { get; init; }

    /// <summary>What is noted of the HTTP request; null where nobody asked for it.</summary>
    public ServedRequest? Noted { get; init; }

    /// <summary>The random bits of the request.</summary>
    public ulong Random { get; init; }

    public void Dispose() => model?.Release();
}
