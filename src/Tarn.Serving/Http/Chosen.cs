namespace Tarn.Serving;

/// <summary>The version that answers a request, with a lease of it: the one that was named, or the one that the endpoint's route chose.</summary>
internal readonly struct Chosen(LoadedModel model) : IDisposable
{
    public LoadedModel Model => model;

    public void Dispose() => model.Release();
}
