using Microsoft.AspNetCore.Http;

namespace Tarn;

/// <summary>Who did what to what, when, from where and with which result; or how often somebody was refused.</summary>
internal sealed record AuditEntry
{
    public const int MostPath = 500;

    /// <summary>Its place in the log; 0 before it is written.</summary>
    public long Seq { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The last time, where it stands for several.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>A key's id, a token's subject, <c>local</c>; empty for nobody that is known.</summary>
    public string Who { get; init; } = "";

    public string WhoName { get; init; } = "";

    /// <summary><c>key</c>, <c>session</c>, <c>token</c>, <c>local</c>, <c>anybody</c>; empty for nobody that is known.</summary>
    public string Via { get; init; } = "";

    /// <summary>The address from which it was asked.</summary>
    public string Remote { get; init; } = "";

    public required string Method { get; init; }

    public required string Path { get; init; }

    /// <summary>The answer's status; 499 where the caller did not wait for it.</summary>
    public required int Status { get; init; }

    /// <summary>How many it stands for.</summary>
    public long Times { get; init; } = 1;

    /// <summary>Why it was refused.</summary>
    public string? Detail { get; init; }

    /// <summary>An entry of a request.</summary>
    public static AuditEntry Of(HttpContext http, Caller? caller, DateTimeOffset at, int status, string? detail) => new()
    {
        At = at,
        Until = at,
        Who = caller?.Subject ?? "",
        WhoName = caller?.Name ?? "",
        Via = caller?.Kind.ToString().ToLowerInvariant() ?? "",
        Remote = http.Connection.RemoteIpAddress?.ToString() ?? "",
        Method = http.Request.Method,
        Path = Short(http.Request.Path.Value ?? ""),
        Status = status,
        Detail = detail,
    };

    /// <summary>A path as the log has it.</summary>
    public static string Short(string path) => path.Length <= MostPath ? path : path[..MostPath];
}
