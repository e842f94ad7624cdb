using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Tarn.Core;
using Tarn.Log;

namespace Tarn.Serving;

/// <summary>
/// A mapped file of the journal. Any number of writers (<see cref="Reserve"/>, then <see cref="Publish"/>) and one reader at once. A record counts from the instant at which its first
/// word is there: length and sum, stored last. In a file of an earlier process, what was reserved and never published is a hole, which the reader looks through
/// word by word; in a live one it waits.
/// </summary>
internal sealed unsafe class JournalSegment : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private long _touched;
    private readonly SegmentHead _head;
    private readonly bool _isLive;
    private byte* _memory;
    private Tail _tail;
    private int _end;
    private int _moved;

    public JournalSegment(string path, SegmentHead head, bool isLive)
    {
        (Path, _head, _isLive) = (path, head, isLive);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, head.Size, MemoryMappedFileAccess.ReadWrite);
        _view = _file.CreateViewAccessor(0, head.Size, MemoryMappedFileAccess.ReadWrite);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _memory);
        _moved = (int)Math.Clamp(*(long*)(_memory + SegmentFile.MovedAt), SegmentFile.FirstRecord, head.Size);
        _tail.Value = isLive ? SegmentFile.FirstRecord : head.Size + 1L;
        _end = isLive ? 0 : head.Size;
    }

    public string Path { get; }

    public long Base => _head.Base;

    /// <summary>Up to which offset the records are in the topic.</summary>
    public int Moved => Volatile.Read(ref _moved);

    /// <summary>Bytes that writers have taken.</summary>
    public int Used => Volatile.Read(ref _end) is > 0 and var end ? end : (int)Math.Min(Volatile.Read(ref _tail.Value), _head.Size);

    /// <summary>Bytes that were skipped because no record was there.</summary>
    public int SkippedBytes { get; private set; }

    /// <summary>Whether there is nothing to read after an offset, now and later.</summary>
    public bool EndsAt(int offset) => Volatile.Read(ref _end) is > 0 and var end && offset >= end;

    /// <summary>Takes room for a record, or says -1: it does not fit, and the segment is sealed.</summary>
    /// <param name="aligned">The record's bytes, rounded up to a multiple of 8.</param>
    public int Reserve(int aligned)
    {
        var end = Interlocked.Add(ref _tail.Value, aligned);
        var start = end - aligned;
        if (end <= _head.Size)
        {
            return (int)start;
        }

        // Of all that do not fit, only the first one begins within the file.
        if (start <= _head.Size)
        {
            Volatile.Write(ref _end, (int)start);
        }

        return -1;
    }

    /// <summary>Lets nobody reserve any more.</summary>
    public void Seal() => Reserve(_head.Size);

    /// <summary>Copies a record to the room that it has, and makes it count.</summary>
    public void Publish(int offset, ReadOnlySpan<byte> head, ReadOnlySpan<byte> inputs, ReadOnlySpan<byte> outputs)
    {
        var length = head.Length + inputs.Length + outputs.Length;
        var record = new Span<byte>(_memory + offset, length);
        head[RecordLayout.PositionAt..].CopyTo(record[RecordLayout.PositionAt..]);
        BinaryPrimitives.WriteInt64LittleEndian(record[RecordLayout.PositionAt..], _head.Base + offset);
        inputs.CopyTo(record[head.Length..]);
        outputs.CopyTo(record[(head.Length + inputs.Length)..]);
        Volatile.Write(ref Word(offset), (uint)length | ((ulong)Sum(record) << 32));
    }

    /// <summary>
    /// The next record at or after an offset, which is moved behind it. The bytes are the file's own: they are good until the segment is disposed of. False: there is none yet, or
    /// none at all (<see cref="EndsAt"/>).
    /// </summary>
    /// <exception cref="TarnException">Corrupt: a live segment holds a record that was changed after it was published.</exception>
    public bool TryRead(ref int offset, out long position, out ReadOnlySpan<byte> record)
    {
        position = 0;
        record = default;
        for (; offset + RecordLayout.FixedBytes <= _head.Size; offset += sizeof(ulong))
        {
            var word = Volatile.Read(ref Word(offset));
            if (word != 0 && TryRecord(offset, word, out record))
            {
                position = _head.Base + offset;
                offset += (record.Length + 7) & ~7;
                return true;
            }

            if (_isLive)
            {
                return word == 0 ? false : throw TarnException.Corrupt("A record of the journal stays as it was published.", FormattableString.Invariant($"{Path} at byte {offset}"), "Restart the server: it goes on after the record.");
            }

            SkippedBytes += word == 0 ? 0 : sizeof(ulong);
        }

        if (!_isLive)
        {
            offset = _head.Size;
        }

        return false;
    }

    /// <summary>Remembers up to where the records are in the topic.</summary>
    public void SetMoved(int offset)
    {
        Volatile.Write(ref *(long*)(_memory + SegmentFile.MovedAt), offset);
        Volatile.Write(ref _moved, offset);
    }

    /// <summary>Waits until every record that a writer has begun counts. For a sealed segment: no further ones begin.</summary>
    public void AwaitWriters()
    {
        if (!_isLive)
        {
            return;
        }

        var spin = default(SpinWait);
        for (var offset = Moved; !EndsAt(offset);)
        {
            if (!TryRead(ref offset, out _, out _))
            {
                spin.SpinOnce();
            }
        }
    }

    /// <summary>Brings the pages up to an offset into memory, where they are not, so that no writer is the first to touch one; writers may be at work. Where nothing is written, they take none.</summary>
    /// <exception cref="ObjectDisposedException">It is disposed of.</exception>
    public void Touch(long to)
    {
        byte* memory = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref memory);
        try
        {
            for (to = Math.Min(to, _head.Size - sizeof(int)); _touched < to; _touched += 4096)
            {
                // A store that changes nothing, whoever else stores there.
                Interlocked.Or(ref *(int*)(memory + _touched), 0);
            }
        }
        finally
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>Forces what was written to the disk.</summary>
    public void Flush() => _view.Flush();

    public void Dispose()
    {
        if (_memory is not null)
        {
            _memory = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }

    private bool TryRecord(int offset, ulong word, out ReadOnlySpan<byte> record)
    {
        var (length, sum) = ((uint)word, (uint)(word >> 32));
        if (length >= RecordLayout.FixedBytes && length <= _head.Size - offset && *(long*)(_memory + offset + RecordLayout.PositionAt) == _head.Base + offset)
        {
            record = new ReadOnlySpan<byte>(_memory + offset, (int)length);
            return Sum(record) == sum;
        }

        record = default;
        return false;
    }

    private uint Sum(ReadOnlySpan<byte> record) => Crc32C.Append(Crc32C.Seed ^ _head.Salt, record[RecordLayout.PositionAt..]) ^ Crc32C.Seed;

    private ref ulong Word(int offset) => ref *(ulong*)(_memory + offset);

    /// <summary>On a cache line of its own: every writer adds to it.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Tail
    {
        [FieldOffset(64)]
        public long Value;
    }
}
