using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Tarn.Serving;

/// <summary>One call, as its handler sees it. It is used again for other calls: nothing may keep it, or what it gave, beyond the call.</summary>
internal sealed class GrpcCall
{
    private HttpContext? _http;
    private GrpcOptions _options = null!;
    private CancellationTokenSource? _cancel;
    private CancellationTokenRegistration _onAborted;
    private CancellationTokenRegistration _onStopping;
    private List<KeyValuePair<string, string>>? _trailers;

    /// <summary>The method that was called.</summary>
    public GrpcMethod Method { get; private set; } = null!;

    /// <summary>The HTTP request beneath.</summary>
    public HttpContext Http => _http!;

    /// <summary>How long the client waits for the answer, or null where it did not say.</summary>
    public TimeSpan? Timeout { get; private set; }

    /// <summary>When the client gives up, by the server's clock, or null where it did not say.</summary>
    public DateTimeOffset? Deadline { get; private set; }

    /// <summary>Cancelled when the client is gone or the deadline has passed, and in a streaming call when the server stops. A handler ends then; the status is found by itself.</summary>
    public CancellationToken Cancellation { get; private set; }

    /// <summary>The messages of the request.</summary>
    public GrpcMessageReader Requests { get; } = new();

    /// <summary>The messages of the answer.</summary>
    public GrpcResponse Response { get; } = new();

    /// <summary>Whether the deadline has passed, which is so as soon as <see cref="Cancellation"/> says it.</summary>
    internal bool IsOverdue => _cancel is { IsCancellationRequested: true } && Timeout is not null && !IsAbandoned && !IsStopping;

    /// <summary>Whether the client is gone: nothing that is sent arrives.</summary>
    internal bool IsAbandoned => Requests.IsBroken || Http.RequestAborted.IsCancellationRequested;

    /// <summary>Whether the call is to end because the server does.</summary>
    internal bool IsStopping => Method.IsStreaming && _options.Stopping.IsCancellationRequested;

    /// <summary>Why the call is not answered, where its handler said so without throwing.</summary>
    internal Exception? Refusal { get; private set; }

    /// <summary>Ends the call with an error as if it were thrown, which costs less; a handler returns after it. Of use where much may have to be refused. Nothing of an answer may have been written.</summary>
    public void Refuse(Exception error) => Refusal = error;

    internal void Begin(HttpContext http, GrpcMethod method, TimeSpan? timeout, GrpcOptions options)
    {
        _http = http;
        _options = options;
        Method = method;
        var aborted = http.RequestAborted;
        Cancellation = aborted;
        if (timeout is { } time || method.IsStreaming)
        {
            _cancel = timeout is { } limit ? new CancellationTokenSource(limit, options.Time) : new CancellationTokenSource();
            _onAborted = aborted.UnsafeRegister(static cancel => ((CancellationTokenSource)cancel!).Cancel(), _cancel);
            if (method.IsStreaming)
            {
                _onStopping = options.Stopping.UnsafeRegister(static cancel => ((CancellationTokenSource)cancel!).Cancel(), _cancel);
            }

            Cancellation = _cancel.Token;
            Timeout = timeout;
            Deadline = timeout is { } wait ? options.Time.GetUtcNow() + wait : null;
        }

        string? encoding = http.Request.Headers.GrpcEncoding;
        if (encoding is not (null or "identity"))
        {
            http.Response.Headers.GrpcAcceptEncoding = GrpcEncodings.Accepted;
        }

        Requests.Begin(http.Request.BodyReader, encoding, options, Cancellation);
        Response.Begin(http.Response.BodyWriter, options.Pool, Cancellation);
    }

    /// <summary>The text that the client sent under a name, or null. Several values are joined by commas, as the protocol does.</summary>
    public string? Metadata(string name) => Http.Request.Headers.TryGetValue(name, out var values) ? values.ToString() : null;

    /// <summary>The bytes that the client sent under a name that ends with <c>-bin</c>; none where it sent none.</summary>
    /// <exception cref="Core.TarnException"><see cref="Core.ErrorKind.InvalidInput"/>: what it sent is not Base64.</exception>
    public IReadOnlyList<byte[]> BinaryMetadata(string name) =>
        Http.Request.Headers.TryGetValue(name, out var values) ? GrpcText.DecodeBinary(name, values) : [];

    /// <summary>Sends a text before the answer.</summary>
    /// <exception cref="ArgumentException">The name or the value is none for metadata.</exception>
    /// <exception cref="InvalidOperationException">The headers were sent already.</exception>
    public void SetHeader(string name, string value)
    {
        GrpcText.CheckName(name, binary: false);
        GrpcText.CheckValue(value);
        Http.Response.Headers.Append(name, value);
    }

    /// <summary>Sends bytes before the answer, under a name that ends with <c>-bin</c>.</summary>
    /// <exception cref="ArgumentException">The name is none for bytes.</exception>
    /// <exception cref="InvalidOperationException">The headers were sent already.</exception>
    public void SetHeader(string name, ReadOnlySpan<byte> value)
    {
        GrpcText.CheckName(name, binary: true);
        Http.Response.Headers.Append(name, GrpcText.EncodeBinary(value));
    }

    /// <summary>Sends a text with the status, also where that is an error.</summary>
    /// <exception cref="ArgumentException">The name or the value is none for metadata.</exception>
    public void SetTrailer(string name, string value)
    {
        GrpcText.CheckName(name, binary: false);
        GrpcText.CheckValue(value);
        (_trailers ??= []).Add(new(name, value));
    }

    /// <summary>Sends bytes with the status, under a name that ends with <c>-bin</c>.</summary>
    /// <exception cref="ArgumentException">The name is none for bytes.</exception>
    public void SetTrailer(string name, ReadOnlySpan<byte> value)
    {
        GrpcText.CheckName(name, binary: true);
        (_trailers ??= []).Add(new(name, GrpcText.EncodeBinary(value)));
    }

    /// <summary>Writes how the call ended. Where nothing of an answer was written, headers and trailers are one block.</summary>
    internal void Finish(GrpcStatus status, string? message)
    {
        var http = Http;
        Note(http, Response.IsTorn ? GrpcStatus.Internal : status);
        if (Response.IsTorn)
        {
            // A status behind half a message would be read as the message's rest.
            http.Features.Get<IHttpResetFeature>()?.Reset(InternalError);
            return;
        }

        var into = Response.HasBytes || http.Response.HasStarted ? http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers : http.Response.Headers;
        WriteStatus(into, status, message);
        if (_trailers is not null)
        {
            foreach (var (name, value) in _trailers)
            {
                into.Append(name, value);
            }
        }
    }

    internal void End()
    {
        Requests.End();
        Response.End();
        _onAborted.Dispose();
        _onStopping.Dispose();
        _cancel?.Dispose();
        (_onAborted, _onStopping, _cancel) = (default, default, null);
        _trailers = null;
        Refusal = null;
        Timeout = null;
        Deadline = null;
        Cancellation = default;
        _http = null;
    }

    /// <summary>Notes how a call ended, for whoever counts.</summary>
    internal static void Note(HttpContext http, GrpcStatus status)
    {
        if (http.Features.Get<ServedRequest>() is { } request)
        {
            request.Grpc = status;
        }
    }

    internal static void WriteStatus(IHeaderDictionary into, GrpcStatus status, string? message)
    {
        into.GrpcStatus = status == GrpcStatus.Ok ? Zero : new StringValues(((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (!string.IsNullOrEmpty(message))
        {
            into.GrpcMessage = GrpcText.EncodeMessage(message);
        }
    }

    private const int InternalError = 2;
    private static readonly StringValues Zero = new("0");
}
