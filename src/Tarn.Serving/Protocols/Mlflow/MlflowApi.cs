using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// The paths of MLflow's scoring server: <c>/invocations</c> for the only model there is, <c>/v1/endpoints/NAME/invocations</c> for one of several, and <c>/ping</c>, <c>/health</c>,
/// <c>/version</c>. Errors are <c>{"error_code", "message"}</c>.
/// </summary>
internal sealed class MlflowApi(ServingFront front, string version) : ServingApi
{
    private const string Endpoints = "/v1/endpoints/";
    private const string Invocations = "/invocations";

    /// <summary>Whether a path is one of this API's.</summary>
    public static bool Owns(string path) => path is Invocations or "/ping" or "/health" or "/version"
        || (path.StartsWith(Endpoints, StringComparison.Ordinal) && path.EndsWith(Invocations, StringComparison.Ordinal) && path.Length > Endpoints.Length + Invocations.Length);

    protected override ValueTask AnswerAsync(HttpContext http, string path)
    {
        var isScoring = path.EndsWith(Invocations, StringComparison.Ordinal);
        RequireMethod(http, isScoring ? "POST" : "GET");
        if (isScoring)
        {
            return MlflowScoring.RunAsync(front, http, path.Length == Invocations.Length ? Only(http) : front.Choose(http, path.AsSpan()[Endpoints.Length..^Invocations.Length], default, default, takesRemotes: true));
        }

        using var body = PooledBuffer.Rent();
        if (path is "/version")
        {
            body.Write(System.Text.Encoding.UTF8.GetBytes(version));
            return new ValueTask(HttpAnswer.SendJson(http, body));
        }

        body.Write((byte)'\n');
        return new ValueTask(HttpAnswer.SendJson(http, body, front.Models.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable));
    }

    protected override Task FailAsync(HttpContext http, TarnException error, int? status = null) => MlflowScoring.FailAsync(http, error, status);

    /// <summary>The endpoint that the query names, else the only endpoint, else the only model.</summary>
    private Chosen Only(HttpContext http)
    {
        if (http.Request.Query["endpoint"] is { Count: > 0 } named)
        {
            return front.Choose(http, front.Endpoint(named.ToString()), takesRemotes: true);
        }

        if (front.Endpoints is [{ } only])
        {
            return front.Choose(http, only, takesRemotes: true);
        }

        var all = front.Models.Table.All;
        return all.Count == 1 ? front.Choose(http, all[0].Name, default, default) : throw TarnException.InvalidInput(
            "/invocations asks the only endpoint, or the only model, that there is.",
            all.Count == 0 ? "none is served" : $"served: {string.Join(", ", all.Take(10).Select(static m => m.Name))}{(all.Count > 10 ? ", …" : "")}",
            "POST to /v1/endpoints/NAME/invocations, or name the endpoint: /invocations?endpoint=NAME.");
    }
}
