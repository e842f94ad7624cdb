namespace Tarn.Serving;

/// <summary>A request of ModelInfer that was read, and what answers it; giving it back gives back all of that.</summary>
internal readonly struct InferExchange(Chosen chosen, InferenceRequest request, InferOptions options) : IDisposable
{
    public Chosen Chosen => chosen;

    public InferenceRequest Request => request;

    public InferOptions Options => options;

    public void Dispose()
    {
        options.Dispose();
        request.Dispose();
        chosen.Dispose();
    }
}
