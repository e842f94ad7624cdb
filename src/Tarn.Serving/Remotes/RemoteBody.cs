using System.Net;

namespace Tarn.Serving;

/// <summary>
/// A request's body, which may be sent several times. Its memory is given back once nobody reads it any more: a connection may still do so after its call was given up.
/// </summary>
internal sealed class RemoteBody(PooledBuffer bytes)
{
    private readonly Lock _gate = new();
    private int _uses = 1;

    public ReadOnlyMemory<byte> Bytes => bytes.WrittenMemory;

    /// <summary>The body for one attempt.</summary>
    public HttpContent ToContent() => new Content(this);

    /// <summary>The call is over.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (--_uses > 0)
            {
                return;
            }
        }

        bytes.Dispose();
    }

    private bool TryHold()
    {
        lock (_gate)
        {
            _uses += _uses > 0 ? 1 : 0;
            return _uses > 0;
        }
    }

    private sealed class Content(RemoteBody body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            if (!body.TryHold())
            {
                throw new IOException("The call that this was the body of is over.");
            }

            try
            {
                await stream.WriteAsync(body.Bytes, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                body.Release();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = body.Bytes.Length;
            return true;
        }
    }
}
