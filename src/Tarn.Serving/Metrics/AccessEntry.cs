using Microsoft.AspNetCore.Http;

namespace Tarn.Serving;

/// <summary>A line of the access log, before it is one: what a request has as texts anyway. Making it allocates nothing but, where it has one, the trace's id.</summary>
internal readonly record struct AccessEntry
{
    private const int MostPath = 512;

    public required string Method { get; init; }

    /// <summary>Without the query, which may hold what is secret.</summary>
    public required string Path { get; init; }

    public required int Status { get; init; }

    /// <summary>gRPC's status; null for other requests.</summary>
    public GrpcStatus? Grpc { get; init; }

    /// <summary>Bytes of the answer's body; null where they were not counted.</summary>
    public long? Bytes { get; init; }

    public required TimeSpan Took { get; init; }

    public string? Caller { get; init; }

    public string? TraceId { get; init; }

    public string? Model { get; init; }

    public string? Version { get; init; }

    public string? Endpoint { get; init; }

    public string? Variant { get; init; }

    public static AccessEntry Of(HttpContext http, ServedRequest request, int status, TimeSpan took)
    {
        var trace = TraceParent.TraceIdOf(http);
        return new AccessEntry
        {
            Method = http.Request.Method,
            Path = http.Request.Path.Value ?? "",
            Status = status,
            Grpc = request.Grpc,
            Bytes = http.Response.ContentLength,
            Took = took,
            Caller = Callers.Of(http),
            TraceId = trace.IsEmpty ? null : trace.ToString(),
            Model = request.Model?.Name,
            Version = request.Model?.VersionText,
            Endpoint = request.Endpoint,
            Variant = request.Variant,
        };
    }

    /// <summary>A text as it is written: whatever a caller sends, a line stays one line.</summary>
    public static string Clean(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "-";
        }

        var cut = text.Length > MostPath ? text[..MostPath] : text;
        return cut.AsSpan().ContainsAnyInRange('\0', '\u001f') || cut.AsSpan().ContainsAnyInRange('\u007f', '\u009f') || cut.AsSpan().ContainsAny('\u2028', '\u2029')
            ? string.Create(cut.Length, cut, static (to, from) =>
            {
                for (var i = 0; i < to.Length; i++)
                {
                    to[i] = char.IsControl(from[i]) || from[i] is '\u2028' or '\u2029' ? '?' : from[i];
                }
            })
            : cut;
    }
}
