using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;

namespace Tarn;

/// <summary>
/// Who may do what: the one table of the whole server. The first rule that fits counts. What none fits needs the role viewer where it only reads, else admin: what somebody
/// forgets to enter here is closed.
/// </summary>
internal static class AccessRules
{
    private static readonly AccessRule[] All =
    [
        // Whether the process lives and is ready is for who watches it, and says nothing of what is in it.
        Open("GET", "/health/**"),
        Open("GET", "/v2/health/**"),
        Open("GET", "/ping"),

        // Who one is, and becoming somebody.
        Open("POST", "/api/v1/session"),
        Open("DELETE", "/api/v1/session"),
        new("GET", "/api/v1/session", AccessRole.None, RequestKind.Read),

        // Keys, and what was done.
        new("GET", "/api/v1/keys/**", AccessRole.Admin, RequestKind.Read),
        new("*", "/api/v1/keys/**", AccessRole.Admin, RequestKind.Change) { Body = BodyClass.Small },
        new("*", "/api/v1/audit/**", AccessRole.Admin, RequestKind.Read),

        // Questions with a body.
        new("POST", "/api/v1/query", AccessRole.Viewer, RequestKind.Read),
        new("POST", "/api/2.0/mlflow/*/search", AccessRole.Viewer, RequestKind.Read),
        new("POST", "/api/2.0/mlflow/registered-models/get-latest-versions", AccessRole.Viewer, RequestKind.Read),
        new("POST", "/api/2.0/preview/mlflow/*/search", AccessRole.Viewer, RequestKind.Read),
        new("POST", "/api/2.0/preview/mlflow/registered-models/get-latest-versions", AccessRole.Viewer, RequestKind.Read),
        new("POST", "/v2/repository/index", AccessRole.Viewer, RequestKind.Read),

        // Which version of a model serves, and what is gone for good.
        new("DELETE", "/api/v1/endpoints/{endpoint}", AccessRole.Admin, RequestKind.Change),
        new("POST", "/api/v1/endpoints", AccessRole.Admin, RequestKind.Change),
        new("DELETE", "/api/**", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/v1/models/*/promote", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/v1/models/*/rollback", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/v1/models/*/aliases/**", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/v1/tables/*/vacuum", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/v1/tables/*/restore", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/2.0/mlflow/*/delete", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/2.0/mlflow/registered-models/alias", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/2.0/mlflow/registered-models/rename", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/2.0/mlflow/model-versions/transition-stage", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/2.0/preview/mlflow/*/delete", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/2.0/preview/mlflow/registered-models/alias", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/2.0/preview/mlflow/registered-models/rename", AccessRole.Admin, RequestKind.Change),
        new("CHANGE", "/api/2.0/preview/mlflow/model-versions/transition-stage", AccessRole.Admin, RequestKind.Change),

        // Predictions and what became of them, in each protocol.
        new("POST", "/v1/endpoints/{endpoint}/predict", AccessRole.Operator, RequestKind.Predict),
        new("POST", "/v1/endpoints/{endpoint}/invocations", AccessRole.Operator, RequestKind.Predict),
        new("POST", "/v1/endpoints/{endpoint}/feedback", AccessRole.Operator, RequestKind.Feedback),
        new("POST", "/api/v1/endpoints/{endpoint}/predict", AccessRole.Operator, RequestKind.Predict),
        new("POST", "/api/v1/endpoints/{endpoint}/invocations", AccessRole.Operator, RequestKind.Predict),
        new("POST", "/api/v1/endpoints/{endpoint}/feedback", AccessRole.Operator, RequestKind.Feedback),
        new("POST", "/api/v1/models/{endpoint}/predict", AccessRole.Operator, RequestKind.Predict),
        new("POST", "/v1/models/{endpoint}/**", AccessRole.Operator, RequestKind.Predict),
        new("POST", "/v2/models/{endpoint}/infer", AccessRole.Operator, RequestKind.Predict),
        new("POST", "/v2/models/{endpoint}/versions/*/infer", AccessRole.Operator, RequestKind.Predict),
        new("POST", "/invocations", AccessRole.Operator, RequestKind.Predict),
        new("GET", "/v1/endpoints/{endpoint}/**", AccessRole.Viewer, RequestKind.Read),
        new("GET", "/api/v1/endpoints/{endpoint}/**", AccessRole.Viewer, RequestKind.Read),
        new("GET", "/api/v1/models/{endpoint}/**", AccessRole.Viewer, RequestKind.Read),
        new("GET", "/v1/models/{endpoint}/**", AccessRole.Viewer, RequestKind.Read),
        new("GET", "/v2/models/{endpoint}/**", AccessRole.Viewer, RequestKind.Read),

        // The same over gRPC, where the name is in the message.
        Open("POST", "/inference.GRPCInferenceService/ServerLive"),
        Open("POST", "/inference.GRPCInferenceService/ServerReady"),
        Open("POST", "/grpc.health.v1.Health/Check"),
        Open("POST", "/grpc.health.v1.Health/Watch"),
        new("POST", "/grpc.health.v1.Health/List", AccessRole.Viewer, RequestKind.Read),
        new("POST", "/grpc.reflection.v1.ServerReflection/**", AccessRole.Viewer, RequestKind.Read),
        new("POST", "/grpc.reflection.v1alpha.ServerReflection/**", AccessRole.Viewer, RequestKind.Read),
        new("POST", "/inference.GRPCInferenceService/ModelInfer", AccessRole.Operator, RequestKind.Predict) { IsNamedInside = true },
        new("POST", "/inference.GRPCInferenceService/ModelStreamInfer", AccessRole.Operator, RequestKind.Predict) { IsNamedInside = true },
        new("POST", "/inference.GRPCInferenceService/ModelReady", AccessRole.Viewer, RequestKind.Read) { IsNamedInside = true },
        new("POST", "/inference.GRPCInferenceService/ModelMetadata", AccessRole.Viewer, RequestKind.Read) { IsNamedInside = true },
        new("POST", "/inference.GRPCInferenceService/ModelConfig", AccessRole.Viewer, RequestKind.Read) { IsNamedInside = true },
        new("POST", "/inference.GRPCInferenceService/ModelStatistics", AccessRole.Viewer, RequestKind.Read) { IsNamedInside = true },
        new("POST", "/inference.GRPCInferenceService/ServerMetadata", AccessRole.Viewer, RequestKind.Read),
        new("POST", "/inference.GRPCInferenceService/RepositoryIndex", AccessRole.Viewer, RequestKind.Read),
        new("POST", "/inference.GRPCInferenceService/RepositoryModelLoad", AccessRole.Operator, RequestKind.Change) { IsNamedInside = true },
        new("POST", "/inference.GRPCInferenceService/RepositoryModelUnload", AccessRole.Operator, RequestKind.Change) { IsNamedInside = true },

        // The daily work.
        new("CHANGE", "/api/v1/endpoints/{endpoint}/split", AccessRole.Operator, RequestKind.Change),
        new("POST", "/api/v1/endpoints/{endpoint}/rollout/**", AccessRole.Operator, RequestKind.Change),
        new("POST", "/v2/repository/models/{endpoint}/load", AccessRole.Operator, RequestKind.Change),
        new("POST", "/v2/repository/models/{endpoint}/unload", AccessRole.Operator, RequestKind.Change),
        new("POST", "/api/v1/pipelines/**", AccessRole.Operator, RequestKind.Change),
        new("POST", "/api/v1/runs/**", AccessRole.Operator, RequestKind.Change),
        new("POST", "/api/v1/backfills/**", AccessRole.Operator, RequestKind.Change),
        new("POST", "/api/v1/topics/*/records", AccessRole.Operator, RequestKind.Change),
        new("POST", "/api/v1/tables/*/refresh", AccessRole.Operator, RequestKind.Change),
        new("POST", "/api/v1/tables/*/optimize", AccessRole.Operator, RequestKind.Change),
        new("POST", "/api/v1/alerts/channels/*/test", AccessRole.Operator, RequestKind.Change),
        new("POST", "/api/v1/backbones/**", AccessRole.Operator, RequestKind.Change) { Body = BodyClass.Upload },
        new("POST", "/api/2.0/mlflow/**", AccessRole.Operator, RequestKind.Change),
        new("PATCH", "/api/2.0/mlflow/**", AccessRole.Operator, RequestKind.Change),
        new("POST", "/api/2.0/preview/mlflow/**", AccessRole.Operator, RequestKind.Change),
        new("PATCH", "/api/2.0/preview/mlflow/**", AccessRole.Operator, RequestKind.Change),
        new("CHANGE", "/api/2.0/mlflow-artifacts/**", AccessRole.Operator, RequestKind.Change) { Body = BodyClass.Upload },
    ];

    private static readonly AccessRule OtherRead = new("GET", "/**", AccessRole.Viewer, RequestKind.Read);
    private static readonly AccessRule OtherChange = new("CHANGE", "/**", AccessRole.Admin, RequestKind.Change);

    // By the first word of the path, so that few are compared.
    private static readonly FrozenDictionary<string, AccessRule[]>.AlternateLookup<ReadOnlySpan<char>> ByFirst = All
        .GroupBy(static r => r.First, StringComparer.OrdinalIgnoreCase)
        .ToFrozenDictionary(static g => g.Key, static g => g.ToArray(), StringComparer.OrdinalIgnoreCase)
        .GetAlternateLookup<ReadOnlySpan<char>>();

    // What is no page of the console.
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> ApiWords =
        FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "api", "v1", "v2", "invocations", "ping", "version", "metrics", "health", "openapi", "inference.GRPCInferenceService", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection").GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The rule of a request, and where in its path the endpoint's name stands.</summary>
    public static AccessRule Find(string method, ReadOnlySpan<char> path, out Range endpoint)
    {
        if (ByFirst.TryGetValue(FirstOf(path), out var rules))
        {
            foreach (var rule in rules)
            {
                if (rule.Matches(method, path, out endpoint))
                {
                    return rule;
                }
            }
        }

        endpoint = default;
        return IsSafe(method) ? OtherRead : OtherChange;
    }

    /// <summary>Whether the path belongs to an API, rather than to the console's pages.</summary>
    public static bool IsApi(ReadOnlySpan<char> path) => ApiWords.Contains(FirstOf(path));

    /// <summary>Whether a method changes nothing.</summary>
    public static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    private static AccessRule Open(string method, string pattern) =>
        new(method, pattern, AccessRole.None, method == "GET" ? RequestKind.Read : RequestKind.Change) { IsOpen = true, Body = BodyClass.Small };

    private static ReadOnlySpan<char> FirstOf(ReadOnlySpan<char> path)
    {
        path = path is ['/', ..] ? path[1..] : path;
        var end = path.IndexOf('/');
        return end < 0 ? path : path[..end];
    }
}
