using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Endpoints as their callers use them: <c>/v1/endpoints/NAME/predict</c> and <c>/feedback</c>; <c>/invocations</c> is <see cref="MlflowApi"/>'s. Errors are <c>{"error": "…"}</c>.</summary>
internal sealed class EndpointApi(ServingFront front, EndpointPredictions predictions, Feedback feedback) : JsonErrorApi
{
    private const string Prefix = "/v1/endpoints/";

    /// <summary>Whether a path is one of this API's.</summary>
    public static bool Owns(string path) => path.StartsWith(Prefix, StringComparison.Ordinal);

    protected override ValueTask AnswerAsync(HttpContext http, string path)
    {
        var slash = path.IndexOf('/', Prefix.Length);
        var verb = slash < 0 ? "" : path[(slash + 1)..];
        if (verb is not ("predict" or "feedback"))
        {
            throw TarnException.NotFound("A path of an endpoint is /v1/endpoints/NAME/predict, /feedback or /invocations.", path, "Correct the path; /api/v1/endpoints has the endpoints themselves.");
        }

        RequireMethod(http, "POST");
        var endpoint = front.Endpoint(path.AsSpan(Prefix.Length, slash - Prefix.Length));
        return new ValueTask(verb is "predict" ? predictions.RunAsync(http, endpoint) : feedback.RunAsync(http, endpoint));
    }
}
