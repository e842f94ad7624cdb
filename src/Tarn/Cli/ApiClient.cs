using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tarn.Core;

namespace Tarn;

/// <summary>Speaks the REST API for the verbs. A problem that the server answers is thrown as the <see cref="TarnException"/> that it was there.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;

    /// <summary>Makes one for a server.</summary>
    /// <param name="server">Its URL.</param>
    /// <param name="access">By what it lets in, and by what it is known; default nothing.</param>
    public ApiClient(Uri server, ApiAccess access = default)
    {
        Server = server;
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(5) };
        if (access.Certificate is { } known)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                errors == SslPolicyErrors.None || (certificate is not null && certificate.GetCertHashString(HashAlgorithmName.SHA256) == known);
        }

        _http = new HttpClient(handler) { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        if (access.Key is { } key && !_http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {key}"))
        {
            throw TarnException.InvalidInput("A key has no line breaks.", null, "Correct --api-key or TARN_API_KEY.");
        }
    }

    public Uri Server { get; }

    /// <summary>The answer's bytes.</summary>
    public async Task<byte[]> GetBytesAsync(string path, CancellationToken cancellation)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellation).ConfigureAwait(false);
        return await ReadAsync(response, cancellation).ConfigureAwait(false);
    }

    /// <summary>The answer's bytes after a POST of JSON (or of nothing).</summary>
    public async Task<byte[]> PostAsync<T>(string path, T body, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, type) }, cancellation).ConfigureAwait(false);
        return await ReadAsync(response, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc cref="PostAsync{T}"/>
    public async Task<byte[]> PostAsync(string path, CancellationToken cancellation)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Post, path), cancellation).ConfigureAwait(false);
        return await ReadAsync(response, cancellation).ConfigureAwait(false);
    }

    /// <summary>The answer's bytes after a PUT of JSON.</summary>
    public async Task<byte[]> PutAsync<T>(string path, T body, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body, type) }, cancellation).ConfigureAwait(false);
        return await ReadAsync(response, cancellation).ConfigureAwait(false);
    }

    /// <summary>The answer's bytes after a POST of any content.</summary>
    public async Task<byte[]> PostContentAsync(string path, HttpContent content, CancellationToken cancellation)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, cancellation).ConfigureAwait(false);
        return await ReadAsync(response, cancellation).ConfigureAwait(false);
    }

    /// <summary>The answer's bytes after a POST of lines.</summary>
    public async Task<byte[]> PostLinesAsync(string path, string lines, CancellationToken cancellation)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(lines));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, cancellation).ConfigureAwait(false);
        return await ReadAsync(response, cancellation).ConfigureAwait(false);
    }

    /// <summary>The answer's bytes after a DELETE.</summary>
    public async Task<byte[]> DeleteAsync(string path, CancellationToken cancellation)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Delete, path), cancellation).ConfigureAwait(false);
        return await ReadAsync(response, cancellation).ConfigureAwait(false);
    }

    /// <summary>Server-sent events: name and data, until the server ends the stream.</summary>
    public async IAsyncEnumerable<(string Event, string Data)> EventsAsync(string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellation).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var reader = new StreamReader(stream);
            var name = "message";
            while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal))
                {
                    name = line[7..];
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    yield return (name, line[6..]);
                }
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            return await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw new TarnException(ErrorKind.Unavailable, $"The server's answer broke off: {exception.Message}", Server.ToString(), "The server's log says why.", exception);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw new TarnException(
                ErrorKind.Unavailable,
                $"The server has to answer, and it does not: {exception.Message}",
                Server.ToString(),
                "Check --server (or TARN_SERVER), or start one with `up`.",
                exception);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
            throw ToException((int)response.StatusCode, text, request);
        }
    }

    private TarnException ToException(int status, string text, HttpRequestMessage request)
    {
        var kind = status switch
        {
            400 or 413 or 415 or 422 => ErrorKind.InvalidInput,
            404 => ErrorKind.NotFound,
            409 or 412 => ErrorKind.Conflict,
            501 => ErrorKind.Unsupported,
            500 => ErrorKind.Corrupt,
            _ => ErrorKind.Unavailable,
        };
        try
        {
            if (JsonSerializer.Deserialize(text, ApiJson.Default.ProblemView) is { Status: > 0 } problem)
            {
                return new TarnException(kind, problem.Rule ?? problem.Detail ?? problem.Title, problem.Value, problem.Remedy);
            }

            if (JsonSerializer.Deserialize(text, ApiJson.Default.JsonElement) is { ValueKind: JsonValueKind.Object } other && other.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String)
            {
                // The calls of endpoints answer as TensorFlow Serving does.
                return new TarnException(kind, error.GetString()!);
            }
        }
        catch (JsonException)
        {
            // Not a problem document: what answered is not Tarn, or a proxy before it; said below.
        }

        return new TarnException(
            kind,
            $"{request.Method} {request.RequestUri} was answered with HTTP {status}, and not in Tarn's way: is this a Tarn server?",
            Server.ToString(),
            "Check --server (or TARN_SERVER).");
    }
}

/// <summary>How a server is called.</summary>
/// <param name="Key">The key or token that is sent; null for none.</param>
/// <param name="Certificate">The SHA-256 of a certificate that is trusted as it is; null for none.</param>
internal readonly record struct ApiAccess(string? Key, string? Certificate);
