using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Tarn.Core;

namespace Quakes.Usgs;

/// <summary>One GET at a time: time-out, size limit, unpacking, and retry where that can help. It knows nothing of earthquakes.</summary>
internal sealed class UsgsTransport : IDisposable
{
    private static readonly TimeSpan UnnamedRateLimitPause = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http;
    private readonly UsgsOptions _options;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<UsgsReply> _retries;

    public UsgsTransport(UsgsOptions options, TimeProvider time, ILogger log)
    {
        _options = options;
        _time = time;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.All,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = options.RequestTimeout,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("Tarn-Quakes/" + (typeof(UsgsTransport).Assembly.GetName().Version?.ToString(3) ?? "0"));
        _http.DefaultRequestHeaders.Accept.ParseAdd("application/json, application/geo+json, text/plain;q=0.5, */*;q=0.1");
        _retries = Retries(log);
    }

    public void Dispose() => _http.Dispose();

    /// <exception cref="UsgsException">The service refused the request for good; the caller may know what to make of it.</exception>
    /// <exception cref="TarnException">The service cannot be used at the moment.</exception>
    public async Task<UsgsReply> GetAsync(Uri url, Validators validators, CancellationToken cancellation)
    {
        try
        {
            return await _retries.ExecuteAsync(
                static async (state, token) => await state.Self.GetOnceAsync(state.Url, state.Validators, token),
                (Self: this, Url: url, Validators: validators),
                cancellation);
        }
        catch (UsgsException error) when (error.IsTransient)
        {
            throw new TarnException(
                ErrorKind.Unavailable,
                $"The feed cannot be read at the moment: {error.Message}.",
                url.ToString(),
                "The next run catches up from the last commit; nothing is lost. Check the network, or Quakes:FeedUrl.",
                error);
        }
    }

    private async Task<UsgsReply> GetOnceAsync(Uri url, Validators validators, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (validators.EntityTag is { } tag)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        }

        request.Headers.IfModifiedSince = validators.LastModified;
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.StatusCode == HttpStatusCode.NotModified)
            {
                return new UsgsReply(default, url.ToString(), _time.GetUtcNow(), validators, NotModified: true);
            }

            if (response.StatusCode == HttpStatusCode.NoContent)
            {
                // FDSN: nothing matched (a service set to answer 204; the USGS itself answers with an empty collection).
                return new UsgsReply("""{"type":"FeatureCollection","features":[]}"""u8.ToArray(), url.ToString(), _time.GetUtcNow(), Validators.None, NotModified: false);
            }

            if (!response.IsSuccessStatusCode)
            {
                throw await RefusedAsync(response, either.Token);
            }

            var body = await ReadBodyAsync(response, either.Token);
            var served = new Validators(response.Headers.ETag?.ToString(), response.Content.Headers.LastModified);
            return new UsgsReply(body, url.ToString(), _time.GetUtcNow(), served, NotModified: false);
        }
        catch (OperationCanceledException error) when (timeout.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new UsgsException($"no whole answer within {_options.RequestTimeout.TotalSeconds:0.#} s", isTransient: true, inner: error);
        }
        catch (IOException error)
        {
            // The connection ended inside the body. What came is not kept, and the attempt fails rather than being patched up.
            throw Truncated(url, error);
        }
        catch (InvalidDataException error)
        {
            throw Truncated(url, error);
        }
        catch (HttpRequestException error)
        {
            throw new UsgsException(error.InnerException?.Message ?? error.Message, isTransient: true, inner: error);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var buffer = new ArrayBufferWriter<byte>((int)Math.Clamp(response.Content.Headers.ContentLength ?? 0, 32 << 10, 4 << 20));
        while (true)
        {
            var read = await stream.ReadAsync(buffer.GetMemory(32 << 10), cancellation);
            if (read == 0)
            {
                break;
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > _options.MaxResponseBytes)
            {
                throw new TarnException(
                    ErrorKind.Unavailable,
                    $"An answer may have at most {_options.MaxResponseBytes} bytes; nothing of it is kept.",
                    response.RequestMessage?.RequestUri?.ToString(),
                    "Raise Quakes:MaxResponseBytes if the service really sends that much.");
            }
        }

        return Transcode(buffer.WrittenMemory, response.Content.Headers.ContentType);
    }

    private static ReadOnlyMemory<byte> Transcode(ReadOnlyMemory<byte> body, MediaTypeHeaderValue? type)
    {
        var span = body.Span;
        var encoding = span.StartsWith<byte>([0xFF, 0xFE]) ? Encoding.Unicode
            : span.StartsWith<byte>([0xFE, 0xFF]) ? Encoding.BigEndianUnicode
            : type?.CharSet?.Trim('"').ToLowerInvariant() switch
            {
                "utf-16" or "utf-16le" => Encoding.Unicode,
                "utf-16be" => Encoding.BigEndianUnicode,
                "iso-8859-1" or "latin1" => Encoding.Latin1,
                _ => null,
            };
        if (encoding is null)
        {
            return body;
        }

        var mark = encoding.GetPreamble();
        return Encoding.Convert(encoding, Encoding.UTF8, (span.StartsWith(mark) ? span[mark.Length..] : span).ToArray());
    }

    private async Task<UsgsException> RefusedAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var status = response.StatusCode;
        var text = new byte[2000];
        var length = await (await response.Content.ReadAsStreamAsync(cancellation)).ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, cancellation);
        var said = Encoding.UTF8.GetString(text, 0, length).ReplaceLineEndings(" ").Trim();
        var transient = status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)status >= 500;
        return new UsgsException(
            $"the service answered {(int)status} {response.ReasonPhrase}{(said.Length > 0 ? ": " + said[..Math.Min(said.Length, 300)] : "")}",
            transient,
            status,
            RetryAfter(response));
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter;
        var pause = asked?.Delta ?? (asked?.Date is { } date ? date - _time.GetUtcNow() : null);
        pause ??= response.StatusCode == HttpStatusCode.TooManyRequests ? UnnamedRateLimitPause : null;
        return pause is { } p && p < TimeSpan.Zero ? TimeSpan.Zero : pause;
    }

    private ResiliencePipeline<UsgsReply> Retries(ILogger log)
    {
        if (_options.Attempts == 1)
        {
            return ResiliencePipeline<UsgsReply>.Empty;
        }

        var jitter = new Random(_options.JitterSeed);
        var gate = new Lock();
        return new ResiliencePipelineBuilder<UsgsReply> { TimeProvider = _time }
            .AddRetry(new RetryStrategyOptions<UsgsReply>
            {
                MaxRetryAttempts = _options.Attempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                Delay = _options.RetryDelay,
                MaxDelay = _options.MaxRetryDelay,
                UseJitter = true,
                Randomizer = () =>
                {
                    lock (gate)
                    {
                        return jitter.NextDouble();
                    }
                },
                ShouldHandle = arguments => ValueTask.FromResult(
                    arguments.Outcome.Exception is UsgsException { IsTransient: true } error && !(error.RetryAfter > _options.MaxRetryDelay)),
                DelayGenerator = static arguments => ValueTask.FromResult((arguments.Outcome.Exception as UsgsException)?.RetryAfter),
                OnRetry = arguments =>
                {
                    UsgsLog.Retrying(log, arguments.AttemptNumber + 1, arguments.RetryDelay.TotalMilliseconds, arguments.Outcome.Exception?.Message ?? "");
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    private static TarnException Truncated(Uri url, Exception cause) => new(
        ErrorKind.Unavailable,
        $"The answer ended before it was whole ({cause.Message}); nothing of it is kept.",
        url.ToString(),
        "The attempt is tried again.",
        cause);
}
