using System.Buffers;

namespace Tarn.Log;

/// <summary>Walks the records of a partition in order, from a known place on, across segments; verifies each one.</summary>
internal sealed class FrameCursor(PartitionView view, int place, long offset, long position) : IDisposable
{
    private const int ChunkLength = 64 << 10;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(ChunkLength);
    private long _end = view.Of(place).Tail.End;
    private int _at;
    private int _filled;

    /// <summary>The segment of the next record.</summary>
    public Segment Segment => view.Segments[place];

    /// <summary>The offset of the next record.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>The position of the next record.</summary>
    public long Position { get; private set; } = position;

    /// <summary>The next record's frame, valid until the next call; false at the end of what is visible.</summary>
    /// <exception cref="Core.TarnException">Corrupt: the bytes there are not that record.</exception>
    public bool TryNext(out ReadOnlySpan<byte> frame)
    {
        frame = default;
        while (Position == _end)
        {
            if (place == view.Segments.Length - 1)
            {
                return false;
            }

            if (Offset != view.Segments[place + 1].BaseOffset)
            {
                throw Segment.Damaged(Position, FormattableString.Invariant($"the file ends before the record with offset {Offset}"));
            }

            place++;
            (Position, _end, _at, _filled) = (Segment.HeaderLength, view.Of(place).Tail.End, 0, 0);
        }

        if (_filled - _at < RecordFrame.Overhead)
        {
            Fill(RecordFrame.Overhead);
        }

        var length = RecordFrame.ClaimedLength(_buffer.AsSpan(_at));
        if (length == 0)
        {
            throw Segment.Damaged(Position, "its length is out of range");
        }

        if (_filled - _at < length)
        {
            Fill(length);
        }

        frame = _buffer.AsSpan(_at, length);
        if (RecordFrame.Verify(frame, Offset, out _) is { } reason)
        {
            throw Segment.Damaged(Position, reason);
        }

        _at += length;
        Position += length;
        Offset++;
        return true;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Fill(int needed)
    {
        if (Position + needed > _end)
        {
            throw Segment.Damaged(Position, "the file ends within it");
        }

        if (needed > _buffer.Length)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(needed);
        }

        _at = 0;
        _filled = Segment.File.Read(_buffer.AsSpan(0, (int)Math.Min(_buffer.Length, _end - Position)), Position);
        if (_filled < needed)
        {
            throw Segment.Damaged(Position, "the file ends within it");
        }
    }
}
