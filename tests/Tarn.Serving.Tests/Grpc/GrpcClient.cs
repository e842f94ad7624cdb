using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;

namespace Tarn.Serving.Tests;

/// <summary>
/// A gRPC client of a few lines over the framework's own HTTP/2: unary calls with rented buffers, for tests and measurements, and calls whose body is anything, for
/// tests of what a server does with it. One client is one server's; it may be used from several threads.
/// </summary>
internal sealed class GrpcClient : IDisposable
{
    private const int HeaderBytes = 5;
    private readonly HttpMessageInvoker _http;
    private readonly Uri _server;

    public GrpcClient(Uri server)
    {
        _server = server;
        _http = new HttpMessageInvoker(new SocketsHttpHandler { EnableMultipleHttp2Connections = true, UseProxy = false, AllowAutoRedirect = false });
    }

    /// <summary>A unary call.</summary>
    public async ValueTask<GrpcReply> CallAsync(string path, ReadOnlyMemory<byte> message, Action<HttpRequestMessage>? prepare = null, CancellationToken cancellation = default)
    {
        using var request = Request(path, new FrameContent(message));
        prepare?.Invoke(request);
        return await SendAsync(request, cancellation);
    }

    /// <summary>A call with the body as it is: frames, or what should be some.</summary>
    public async ValueTask<GrpcReply> SendBodyAsync(string path, HttpContent body, Action<HttpRequestMessage>? prepare = null, CancellationToken cancellation = default)
    {
        using var request = Request(path, body);
        prepare?.Invoke(request);
        return await SendAsync(request, cancellation);
    }

    /// <summary>A call that lasts: messages go out and come in as the caller pleases.</summary>
    public GrpcStream Open(string path, Action<HttpRequestMessage>? prepare = null, CancellationToken cancellation = default)
    {
        var sent = new Pipe();
        var request = Request(path, new PipeContent(sent.Reader));
        prepare?.Invoke(request);
        return new GrpcStream(sent.Writer, _http.SendAsync(request, cancellation), cancellation);
    }

    /// <summary>A message with its five bytes before it.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message, byte flag = 0)
    {
        var frame = new byte[HeaderBytes + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame.AsSpan(HeaderBytes));
        return frame;
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(string path, HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_server, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = content };
        request.Headers.TE.Add(new("trailers"));
        content.Headers.ContentType ??= new("application/grpc");
        return request;
    }

    private async ValueTask<GrpcReply> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var response = await _http.SendAsync(request, cancellation);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        var length = 0;
        try
        {
            while (await stream.ReadAsync(buffer.AsMemory(length), cancellation) is > 0 and var read)
            {
                length += read;
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }

            return GrpcReply.Of(response, buffer, length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    private sealed class FrameContent(ReadOnlyMemory<byte> message) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellation)
        {
            var length = HeaderBytes + message.Length;
            var frame = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                frame[0] = 0;
                BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
                message.Span.CopyTo(frame.AsSpan(HeaderBytes));
                await stream.WriteAsync(frame.AsMemory(0, length), cancellation);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(frame);
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        // Not told: then Content-Length is not sent, as gRPC clients do not.
        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class PipeContent(PipeReader source) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellation)
        {
            // Headers first: a caller that waits for the server's first message must not wait for its own.
            await stream.FlushAsync(cancellation);
            while (true)
            {
                var result = await source.ReadAsync(cancellation);
                foreach (var segment in result.Buffer)
                {
                    await stream.WriteAsync(segment, cancellation);
                }

                await stream.FlushAsync(cancellation);
                source.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
