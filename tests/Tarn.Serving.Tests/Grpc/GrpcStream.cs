using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;

namespace Tarn.Serving.Tests;

/// <summary>A call that lasts, from the client's side.</summary>
internal sealed class GrpcStream(PipeWriter sent, Task<HttpResponseMessage> response, CancellationToken cancellation) : IAsyncDisposable
{
    private Stream? _received;

    public async Task SendAsync(ReadOnlyMemory<byte> message) => await SendBytesAsync(GrpcClient.Frame(message.Span));

    public async Task SendBytesAsync(ReadOnlyMemory<byte> bytes) => await sent.WriteAsync(bytes, cancellation);

    /// <summary>Says that no more is sent.</summary>
    public async Task EndAsync() => await sent.CompleteAsync();

    /// <summary>The next message, or null where the server has ended the call.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        _received ??= await (await response).Content.ReadAsStreamAsync(cancellation);
        var header = new byte[5];
        var read = await _received.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellation);
        if (read == 0)
        {
            return null;
        }

        var message = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1))];
        await _received.ReadExactlyAsync(message, cancellation);
        return message;
    }

    /// <summary>The status; waits until the server has ended the call, and fails where messages are left.</summary>
    public async Task<int> StatusAsync()
    {
        if (await ReceiveAsync() is { } left)
        {
            throw new InvalidOperationException($"A message of {left.Length} bytes came where the end was awaited.");
        }

        var ended = await response;
        var status = ended.Headers.TryGetValues("grpc-status", out var alone) ? alone : ended.TrailingHeaders.GetValues("grpc-status");
        return int.Parse(status.Single(), CultureInfo.InvariantCulture);
    }

    /// <summary>Takes the call back: the server is told with RST_STREAM.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_received is not null)
        {
            await _received.DisposeAsync();
        }

        if (response.IsCompletedSuccessfully)
        {
            response.Result.Dispose();
        }

        await sent.CompleteAsync(new OperationCanceledException());
    }
}
