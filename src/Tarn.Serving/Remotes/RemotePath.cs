using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What a caller asks of a variant that is remote.</summary>
internal enum RemoteAsk
{
    Predict,
    Classify,
    Regress,
    SavedModelMetadata,
    Infer,
    Metadata,
    Configuration,
    Invocations,
    EndpointPredict,
}

/// <summary>The paths by which instances are asked. Nothing of the caller's own path or query is in them.</summary>
internal static class RemotePath
{
    /// <summary>The path for what is asked of a model.</summary>
    /// <exception cref="TarnException">The instances have no such path.</exception>
    public static string Of(RemoteAsk ask, RemoteCluster cluster, string model)
    {
        if (cluster.Options.Kind == RemoteKind.OpenInference && ask is not (RemoteAsk.Infer or RemoteAsk.Metadata or RemoteAsk.Configuration))
        {
            throw new TarnException(
                ErrorKind.Unsupported,
                $"The remote cluster {cluster.Name}, which this variant is answered by, speaks the Open Inference Protocol alone.",
                Protocol(ask),
                "POST to /v2/models/NAME/infer with the endpoint's name.");
        }

        if (model is "." or "..")
        {
            throw new TarnException(ErrorKind.Unsupported, "A model of a remote cluster has a name that can stand in a path.", model, $"Set Serving:Remotes:{cluster.Name}:Model.");
        }

        var name = Uri.EscapeDataString(model);
        return ask switch
        {
            RemoteAsk.Predict => $"/v1/models/{name}:predict",
            RemoteAsk.Classify => $"/v1/models/{name}:classify",
            RemoteAsk.Regress => $"/v1/models/{name}:regress",
            RemoteAsk.SavedModelMetadata => $"/v1/models/{name}/metadata",
            RemoteAsk.Infer => $"/v2/models/{name}/infer",
            RemoteAsk.Metadata => $"/v2/models/{name}",
            RemoteAsk.Configuration => $"/v2/models/{name}/config",
            RemoteAsk.Invocations => $"/v1/endpoints/{name}/invocations",
            _ => $"/v1/endpoints/{name}/predict",
        };
    }

    /// <summary>Whether it asks for a prediction, which is counted and recorded, and not for what the model is.</summary>
    public static bool IsPrediction(RemoteAsk ask) => ask is not (RemoteAsk.SavedModelMetadata or RemoteAsk.Metadata or RemoteAsk.Configuration);

    /// <summary>The protocol, as it is recorded.</summary>
    public static string Protocol(RemoteAsk ask) => ask switch
    {
        RemoteAsk.Infer or RemoteAsk.Metadata or RemoteAsk.Configuration => "open-inference",
        RemoteAsk.Invocations => "mlflow",
        RemoteAsk.EndpointPredict => "tarn",
        _ => "tensorflow",
    };
}
