using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Tarn.Core;

/// <summary>Posts JSON to one URL and reads the answer as a receiver of alerts means it. The URL is a secret, and nothing here tells it: no redirects, no traces of the framework's.</summary>
internal sealed class HttpPost : IDisposable
{
    private const int MostOfAnswer = 2048;

    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly TimeProvider _time;

    public HttpPost(Uri url, TimeProvider time)
    {
        _url = url;
        _time = time;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            MaxResponseHeadersLength = 64,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Tarn", null));
    }

    /// <summary>The rule of URLs.</summary>
    public static string UrlRule => "It is an absolute http or https URL.";

    public static bool IsUrl(Uri url) => url is { IsAbsoluteUri: true, Scheme: "http" or "https" };

    /// <summary>Refuses what is no URL to post to; the error does not say it.</summary>
    public static Uri Check(string channel, Uri url) => IsUrl(url) ? url : throw TarnException.InvalidInput($"The alert channel {channel} has a URL to post to. {UrlRule}", null);

    /// <summary>Posts.</summary>
    /// <param name="body">The body, JSON in UTF-8.</param>
    /// <param name="headers">Adds headers.</param>
    /// <param name="retryAfter">Reads from the answer's text how long to wait, in addition to its Retry-After.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public async Task<AlertSendResult> PostAsync(ReadOnlyMemory<byte> body, Action<HttpRequestHeaders>? headers, Func<string, TimeSpan?>? retryAfter, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        headers?.Invoke(request.Headers);
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (answer.IsSuccessStatusCode)
        {
            return AlertSendResult.Sent;
        }

        var text = await ReadAsync(answer, cancellation);
        var said = string.Create(CultureInfo.InvariantCulture, $"The receiver answered {(int)answer.StatusCode}{(text.Length == 0 ? "." : ": ")}{AlertText.Shorten(text, 200)}");
        return answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425 or >= HttpStatusCode.InternalServerError
            ? AlertSendResult.Failed(said, Longer(After(answer.Headers.RetryAfter), retryAfter?.Invoke(text)))
            : AlertSendResult.Refused(said);
    }

    public void Dispose() => _http.Dispose();

    private static async Task<string> ReadAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var buffer = new byte[MostOfAnswer];
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellation);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return Encoding.UTF8.GetString(buffer, 0, length).Trim();
    }

    private TimeSpan? After(RetryConditionHeaderValue? header) =>
        header?.Delta ?? (header?.Date is { } date && date > _time.GetUtcNow() ? date - _time.GetUtcNow() : null);

    private static TimeSpan? Longer(TimeSpan? one, TimeSpan? other) => one is null || other > one ? other : one;
}
