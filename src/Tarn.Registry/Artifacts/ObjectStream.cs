using Tarn.Lake;

namespace Tarn.Registry;

/// <summary>Reads an object of a store that is elsewhere, piece by piece, in order.</summary>
internal sealed class ObjectStream(ObjectStore store, string path, long length) : Stream
{
    private const int PieceSize = 4 << 20;

    private byte[] _piece = [];
    private int _at;
    private long _offset;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _offset - (_piece.Length - _at);
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_at == _piece.Length)
        {
            if (_offset >= length)
            {
                return 0;
            }

            _piece = await store.GetRangeAsync(path, _offset, (int)Math.Min(PieceSize, length - _offset), cancellationToken);
            (_at, _offset) = (0, _offset + _piece.Length);
        }

        var count = Math.Min(buffer.Length, _piece.Length - _at);
        _piece.AsMemory(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Objects are read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
