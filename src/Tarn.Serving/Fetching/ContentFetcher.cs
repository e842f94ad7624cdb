using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// Fetches what a URL names that a stranger gave, and cannot be turned against the network that it stands in.
/// <list type="bullet">
/// <item>A URL is http or https, without user name and password, with port 80, 443 or one of <see cref="FetchOptions.Ports"/>.</item>
/// <item>The host is resolved when a connection is opened, every address has to be public (or in <see cref="FetchOptions.AllowedNetworks"/>), and the connection goes to an
/// address that was checked: the name is not resolved again in between.</item>
/// <item>Redirects are followed one by one with all checks anew, and never from https to http.</item>
/// <item>No proxy, no cookies, no credentials, no trace headers; compressed answers are refused rather than inflated.</item>
/// <item>Bytes, headers, time, redirects and fetches at once are bounded (<see cref="FetchOptions"/>).</item>
/// </list>
/// Safe for use from several threads.
/// </summary>
/// <remarks>
/// A connection is kept for 30 seconds (5 unused) and used again by requests for the same scheme, host and port. That is as safe as a new one: it leads to the address that was
/// checked when it was opened, whatever the name means by now, and the rules do not change while a fetcher lives. HTTP/1.1 only, so that no connection is shared between hosts.
/// </remarks>
public sealed class ContentFetcher : IDisposable
{
    private const string AnyBytes = "application/octet-stream";
    private readonly FetchOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _slots;
    private readonly HttpMessageInvoker _http;

    /// <summary>Makes a fetcher.</summary>
    /// <param name="options">What it fetches; null means the defaults.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logs">Where it writes which address was refused; callers are not told.</param>
    /// <param name="resolve">Finds the addresses of hosts; null asks the system.</param>
    /// <exception cref="TarnException">InvalidInput: an option is out of its range.</exception>
    public ContentFetcher(FetchOptions? options, TimeProvider time, ILoggerFactory logs, HostResolver? resolve = null)
        : this(options, time, logs, resolve, CheckedDial.OpenSocketAsync)
    {
    }

    internal ContentFetcher(FetchOptions? options, TimeProvider time, ILoggerFactory logs, HostResolver? resolve, Func<IPEndPoint, CancellationToken, ValueTask<Stream>> connect)
    {
        _options = options ?? new FetchOptions();
        _options.Validate();
        (_time, _log) = (time, logs.CreateLogger<ContentFetcher>());
        _slots = new SemaphoreSlim(_options.MaxConcurrent);
        var dial = new CheckedDial(new AddressRules(_options), resolve ?? Dns.GetHostAddressesAsync, connect, _log);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (context, cancellation) => dial.ConnectAsync(context.DnsEndPoint, cancellation),
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = _options.MaxHeaderKiB,
            MaxResponseDrainSize = 0,
            ConnectTimeout = _options.Timeout,
            PooledConnectionLifetime = TimeSpan.FromSeconds(30),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
        });
    }

    /// <summary>Fetches.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="sniffs">
    /// Whether the caller finds the type out from the bytes: then a body that is called <c>application/octet-stream</c>, or has no type, is taken, too. Default false.
    /// </param>
    /// <param name="cancellation">Ends the fetch.</param>
    /// <exception cref="TarnException">
    /// InvalidInput: the URL breaks a rule, its host is not public, it redirects too often, the server cannot be reached or does not answer 200, or the answer is of another type,
    /// too large or too slow. The error's value is the URL without its query. Unavailable: other fetches took all the time.
    /// </exception>
    public async Task<FetchedContent> FetchAsync(string url, bool sniffs = false, CancellationToken cancellation = default)
    {
        var first = FetchUrl.Parse(url, _options);
        var shown = FetchUrl.Shown(first);
        using var timeout = new CancellationTokenSource(_options.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        var started = _time.GetTimestamp();
        try
        {
            await _slots.WaitAsync(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TarnException(ErrorKind.Unavailable, $"At most {_options.MaxConcurrent} URLs are fetched at once, and those before it took all the time.", shown, "Try again later.");
        }

        try
        {
            return await FollowAsync(first, sniffs, shown, _time.GetElapsedTime(started), both.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested && error is (OperationCanceledException or HttpRequestException or IOException or SocketException))
        {
            throw error is OperationCanceledException || timeout.IsCancellationRequested
                ? Refusal($"What a URL names is there within {_options.Timeout.TotalSeconds:0.###} s.", shown)
                : Failure(error, shown);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        _http.Dispose();
        _slots.Dispose();
    }

    private async Task<FetchedContent> FollowAsync(Uri url, bool sniffs, string shown, TimeSpan waited, CancellationToken cancellation)
    {
        var started = _time.GetTimestamp();
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Tarn", null));
            using var answer = await _http.SendAsync(request, cancellation).ConfigureAwait(false);
            if (Target(url, answer) is { } target)
            {
                url = Redirected(url, target, redirects, shown);
                continue;
            }

            var type = CheckHeaders(answer, sniffs, shown);
            var headersAt = _time.GetTimestamp();
            var (buffer, length) = await BoundedBody.ReadAsync(answer.Content, _options.MaxBytes, cancellation).ConfigureAwait(false);
            return buffer is null
                ? throw TooLarge(shown)
                : new FetchedContent(buffer, length, type, url)
                {
                    Redirects = redirects,
                    Waited = waited,
                    ToHeaders = _time.GetElapsedTime(started, headersAt),
                    Body = _time.GetElapsedTime(headersAt),
                };
        }
    }

    private static Uri? Target(Uri url, HttpResponseMessage answer) =>
        answer.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
        && answer.Headers.Location is { } location
        && Uri.TryCreate(url, location, out var target)
            ? target
            : null;

    private Uri Redirected(Uri from, Uri to, int before, string shown)
    {
        if (before == _options.MaxRedirects)
        {
            throw Refusal($"A URL redirects at most {_options.MaxRedirects} times.", shown);
        }

        return FetchUrl.BrokenRule(from, to, _options) is { } rule ? throw Refusal(rule, shown) : to;
    }

    private string CheckHeaders(HttpResponseMessage answer, bool sniffs, string shown)
    {
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw Refusal($"The server that a URL names answers 200; it answered {(int)answer.StatusCode}.", shown);
        }

        if (answer.Content.Headers.ContentEncoding.Any(static e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            throw Refusal("What a URL names comes without a content encoding, for none was asked for.", shown);
        }

        var type = answer.Content.Headers.ContentType?.MediaType?.ToLowerInvariant() ?? AnyBytes;
        if (!_options.ContentTypes.Contains(type) && !(sniffs && type == AnyBytes))
        {
            throw Refusal($"What a URL names is of type {string.Join(", ", _options.ContentTypes)}.", shown);
        }

        return answer.Content.Headers.ContentLength > _options.MaxBytes ? throw TooLarge(shown) : type;
    }

    private TarnException TooLarge(string shown) => Refusal($"What a URL names has at most {_options.MaxBytes:N0} bytes.", shown);

    /// <summary>The error that a caller sees. It says nothing of addresses, nor whether a name exists: a stranger could map the network by it.</summary>
    private TarnException Failure(Exception error, string shown)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is HostRefusedException)
            {
                return Refusal("A URL names a host that is found, at public addresses only.", shown);
            }
        }

        FetchEvents.Failed(_log, error, shown);
        return Refusal(
            error is HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded }
                ? $"An answer's headers have at most {_options.MaxHeaderKiB} KiB."
                : "The server that a URL names can be reached and answers by the rules of HTTP.",
            shown);
    }

    private static TarnException Refusal(FormattableString rule, string shown) => Refusal(FormattableString.Invariant(rule), shown);

    private static TarnException Refusal(string rule, string shown) => TarnException.InvalidInput(rule, shown, "Give another URL, or send the content's bytes in the request.");
}
