using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Endpoints as their callers use them: <c>/v1/endpoints/NAME/predict</c> and <c>/feedback</c>; <c>/invocations</c> is <see cref="MlflowApi"/>'s. Errors are <c>{"error": "…"}</c>.</summary>
internal sealed class EndpointApi(ServingFront front, EndpointPredictions predictions, Feedback feedback)
{
    private const string Prefix = "/v1/endpoints/";

    /// <summary>Whether a path is one of this API's.</summary>
    public static bool Owns(string path) => path.StartsWith(Prefix, StringComparison.Ordinal);

    public async Task InvokeAsync(HttpContext http, string path)
    {
        try
        {
            await AnswerAsync(http, path).ConfigureAwait(false);
        }
        catch (TarnException error) when (!http.Response.HasStarted)
        {
            await TensorFlowApi.FailAsync(http, error).ConfigureAwait(false);
        }
        catch (BadHttpRequestException error) when (!http.Response.HasStarted)
        {
            await TensorFlowApi.FailAsync(http, TarnException.InvalidInput("The request is HTTP as announced.", error.Message), error.StatusCode).ConfigureAwait(false);
        }
    }

    private Task AnswerAsync(HttpContext http, string path)
    {
        var slash = path.IndexOf('/', Prefix.Length);
        var verb = slash < 0 ? "" : path[(slash + 1)..];
        if (verb is not ("predict" or "feedback"))
        {
            throw TarnException.NotFound("A path of an endpoint is /v1/endpoints/NAME/predict, /feedback or /invocations.", path, "Correct the path; /api/v1/endpoints has the endpoints themselves.");
        }

        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.Headers.Allow = "POST";
            throw new BadHttpRequestException($"This path answers POST, not {http.Request.Method}.", StatusCodes.Status405MethodNotAllowed);
        }

        var endpoint = front.Endpoint(path.AsSpan(Prefix.Length, slash - Prefix.Length));
        return verb is "predict" ? predictions.RunAsync(http, endpoint) : feedback.RunAsync(http, endpoint);
    }
}
