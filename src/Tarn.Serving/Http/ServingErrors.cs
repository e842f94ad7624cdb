using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Errors in the forms that the clients of the serving protocols read, for who answers a request before its protocol does.</summary>
public static class ServingErrors
{
    /// <summary>
    /// Refuses a request in the form of the protocol that its path belongs to: <c>{"error": "…"}</c> for TensorFlow Serving's, the Open Inference Protocol's and those of endpoints,
    /// <c>{"error_code": "…", "message": "…"}</c> for MLflow's scoring server. Headers that are set stay. gRPC has <see cref="ServingGrpc.RefuseAsync"/>.
    /// </summary>
    /// <param name="http">The request; nothing of an answer may have been sent.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="error">Why it is refused.</param>
    /// <returns>The answering; null where the path belongs to none of the protocols, and nothing was done.</returns>
    public static Task? RefuseAsync(HttpContext http, int status, TarnException error)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(error);
        var path = http.Request.Path.Value ?? "";
        return !ServingMiddleware.Owns(path) ? null
            : MlflowApi.Owns(path) ? MlflowScoring.FailAsync(http, error, status)
            : JsonErrorApi.SendErrorAsync(http, error, status);
    }
}
