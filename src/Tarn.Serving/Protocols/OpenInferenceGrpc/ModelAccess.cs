using Microsoft.AspNetCore.Http;

namespace Tarn.Serving;

/// <summary>
/// Asked before a gRPC request is answered that names an endpoint or a model inside its message: what keeps the caller from it, as a sentence that they are told, or null where they may.
/// </summary>
/// <param name="http">The HTTP request beneath.</param>
/// <param name="name">The name of the endpoint or model; empty where the request is about all of them.</param>
public delegate string? ModelAccess(HttpContext http, ReadOnlySpan<char> name);
