using System.Buffers;

namespace Tarn.Serving;

/// <summary>What was fetched. Its bytes are in memory that is lent: dispose of it once they are used.</summary>
public sealed class FetchedContent : IDisposable
{
    private readonly int _length;
    private byte[]? _buffer;

    internal FetchedContent(byte[] buffer, int length, string contentType, Uri url) => (_buffer, _length, ContentType, Url) = (buffer, length, contentType, url);

    /// <summary>The body.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public ReadOnlyMemory<byte> Bytes => _buffer is { } buffer ? buffer.AsMemory(0, _length) : throw new ObjectDisposedException(nameof(FetchedContent));

    /// <summary>The media type that the server gave, in lower case and without parameters; <c>application/octet-stream</c> where it gave none.</summary>
    public string ContentType { get; }

    /// <summary>Where the content was, after all redirects.</summary>
    public Uri Url { get; }

    /// <summary>The redirects that were followed.</summary>
    public int Redirects { get; internal init; }

    /// <summary>How long the fetch waited for others to end.</summary>
    public TimeSpan Waited { get; internal init; }

    /// <summary>How long it took until the headers of the last answer were there, without <see cref="Waited"/>.</summary>
    public TimeSpan ToHeaders { get; internal init; }

    /// <summary>How long the body took after the headers.</summary>
    public TimeSpan Body { get; internal init; }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
