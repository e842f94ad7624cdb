using System.Text;

namespace Tarn.Pipelines;

/// <summary>One look at an address.</summary>
internal static class HttpLook
{
    private const int LongestBody = 1 << 20;

    public static HttpClient Client { get; } = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = TimeSpan.FromSeconds(30) };

    public static async Task<bool> LookAsync(HttpClient client, Uri url, Func<string, bool>? accept, CancellationToken cancellation)
    {
        // The client's own time-out ends with the headers.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(client.Timeout);
        try
        {
            using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var status = (int)response.StatusCode;
            if (status is >= 400 and < 500 and not (404 or 408 or 425 or 429))
            {
                throw TaskException.Final($"The address answered {status}, and waiting will not mend that: {Shown(url)}.");
            }

            return response.IsSuccessStatusCode && (accept is null || accept(await BodyAsync(response.Content, limit.Token)));
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The address without what may be secret in it.</summary>
    private static string Shown(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    private static async Task<string> BodyAsync(HttpContent content, CancellationToken cancellation)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellation);
        var body = new byte[LongestBody];
        var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellation);
        return EncodingOf(content.Headers.ContentType?.CharSet).GetString(body, 0, length);
    }

    private static Encoding EncodingOf(string? name)
    {
        try
        {
            return name is null ? Encoding.UTF8 : Encoding.GetEncoding(name.Trim('"'));
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8;
        }
    }
}
