using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// TensorFlow Serving's REST API, version 1 (https://www.tensorflow.org/tfx/serving/api_rest): status and metadata of models, predict, classify, regress. Paths begin with
/// <c>/v1/models</c>; errors are <c>{"error": "…"}</c>.
/// </summary>
internal sealed class TensorFlowApi(ServingFront front) : JsonErrorApi
{
    private const string Prefix = "/v1/models/";

    /// <summary>Whether a path is one of this API's.</summary>
    public static bool Owns(string path) => path.StartsWith(Prefix, StringComparison.Ordinal);

    protected override ValueTask AnswerAsync(HttpContext http, string path)
    {
        if (!ModelAddress.TryParse(path.AsSpan(Prefix.Length), hasColon: true, out var address) || address.IsMethod != (address.Verb is "predict" or "classify" or "regress"))
        {
            throw Unknown(path);
        }

        if (address.Verb is "predict" or "classify" or "regress")
        {
            RequireMethod(http, "POST");
            var chosen = front.Choose(http, address.Name, address.Version, address.Label, takesRemotes: true);
            if (chosen.Remote is not null)
            {
                return RemoteCall.RunAsync(front, http, chosen, address.Verb is "predict" ? RemoteAsk.Predict : address.Verb is "classify" ? RemoteAsk.Classify : RemoteAsk.Regress);
            }

            return address.Verb switch
            {
                "predict" => PredictCall.RunAsync(front, http, chosen),
                "classify" => ExampleCall.RunAsync(front, http, chosen, isClassify: true),
                _ => ExampleCall.RunAsync(front, http, chosen, isClassify: false),
            };
        }

        if (address.Verb.IsEmpty || address.Verb is "metadata")
        {
            RequireMethod(http, "GET");
            return new ValueTask(address.Verb.IsEmpty ? TensorFlowStatus.SendAsync(http, front, address) : TensorFlowMetadata.SendAsync(http, front, address));
        }

        throw Unknown(path);
    }

    private static TarnException Unknown(string path) => TarnException.NotFound(
        "A path of this API is /v1/models/NAME[/versions/N|/labels/L][:predict|:classify|:regress|/metadata].", path, "Correct the path.");
}
