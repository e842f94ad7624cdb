using Tarn.Serving;

namespace Tarn;

/// <summary>A model that is served, with its versions that are loaded or were to be; <c>default</c> is the version that a request without one means.</summary>
internal sealed record ServedModelView(string Name, IReadOnlyList<ServedVersionView> Versions, IReadOnlyDictionary<string, long> Aliases, long? Default)
{
    public static ServedModelView Of(ModelSnapshot model) => new(model.Name, [.. model.Versions.Select(ServedVersionView.Of)], model.Aliases, model.Default);
}

/// <summary>A version. State is <c>start</c>, <c>loading</c>, <c>available</c>, <c>unloading</c> or <c>end</c> (then <c>error</c> says why, where it could not be loaded).</summary>
internal sealed record ServedVersionView(
    long Version,
    string State,
    string? Error,
    DateTimeOffset? LoadedAt,
    IReadOnlyList<ServedTensorView> Inputs,
    IReadOnlyList<ServedTensorView> Outputs,
    IReadOnlyList<string>? Labels,
    bool TakesImages,
    int Instances,
    long? MemoryBytes,
    int Waiting,
    long Requests,
    long Failures,
    long Refused,
    long Batches)
{
    public static ServedVersionView Of(VersionSnapshot v) => new(
        v.Version,
        EndpointNames.Of(v.State),
        v.Error,
        v.LoadedAt,
        [.. v.Inputs.Select(ServedTensorView.Of)],
        [.. v.Outputs.Select(ServedTensorView.Of)],
        v.Labels,
        v.TakesImages,
        v.Instances,
        v.MemoryBytes,
        v.Waiting,
        v.Requests,
        v.Failures,
        v.Refused,
        v.Batches);
}

/// <summary>An input or output: its type by the Open Inference Protocol, and its dimensions, −1 for any length.</summary>
internal sealed record ServedTensorView(string Name, string Datatype, IReadOnlyList<long> Shape)
{
    public static ServedTensorView Of(TensorSnapshot tensor) => new(tensor.Name, tensor.Datatype, tensor.Shape);
}

/// <summary>An instance of a remote cluster. <c>RetriesLeft</c> is the cluster's: how many requests may be sent again at this moment.</summary>
internal sealed record RemoteView(string Name, string Url, bool IsHealthy, DateTimeOffset? EjectedUntil, int InFlight, long Requests, long Failures, double? P50Ms, string? Problem, long RetriesLeft)
{
    public static RemoteView Of(RemoteStatus r) => new(r.Name, r.Url, r.IsHealthy, r.EjectedUntil, r.InFlight, r.Requests, r.Failures, r.P50?.TotalMilliseconds, r.Problem, r.RetriesLeft);
}
