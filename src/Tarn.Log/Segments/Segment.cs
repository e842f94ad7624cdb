using System.Buffers.Binary;
using System.Globalization;
using Tarn.Core;

namespace Tarn.Log;

/// <summary>
/// A run of a partition's records in one file, named by its first offset: a header of 32 bytes (magic, first offset, time of creation, CRC-32C),
/// then <see cref="RecordFrame"/>s.
/// </summary>
internal sealed class Segment(FileCache files, string directory, long baseOffset, long createdAt)
{
    public const int HeaderLength = 32;
    public const string Extension = ".log";
    public const string IndexExtension = ".index";
    private const ulong Magic = 0x3147_4F4C_4E52_4154; // "TARNLOG1"
    private readonly Lock _gate = new();
    private readonly string _indexPath = Path.Combine(directory, FileName(baseOffset, IndexExtension));
    private (SegmentIndex Index, SegmentTail Tail)? _finished;

    public long BaseOffset { get; } = baseOffset;

    /// <summary>When the segment was begun, ms since 1970 by the log's clock: no record of the segment before it was appended later.</summary>
    public long CreatedAt { get; } = createdAt;

    public LogFile File { get; } = new(files, Path.Combine(directory, FileName(baseOffset, Extension)));

    /// <summary>The file's length once the segment is finished; 0 for the active one.</summary>
    public long FinishedLength { get; set; }

    public static string FileName(long baseOffset, string extension) => baseOffset.ToString("D20", CultureInfo.InvariantCulture) + extension;

    /// <summary>Makes the file of a new segment; what a failed attempt left is replaced.</summary>
    public static Segment Create(FileCache files, string directory, long baseOffset, long createdAt, bool flush)
    {
        var segment = new Segment(files, directory, baseOffset, createdAt);
        Span<byte> header = stackalloc byte[HeaderLength];
        header.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], baseOffset);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], createdAt);
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], Crc32C.Compute(header[..28]));
        System.IO.File.OpenHandle(segment.File.Path, FileMode.Create, FileAccess.Write).Dispose();
        try
        {
            segment.File.Write(header, 0);
            if (flush)
            {
                segment.File.Flush();
                DurableFiles.FlushDirectory(directory);
            }
        }
        catch (IOException)
        {
            segment.File.Delete();
            throw;
        }

        return segment;
    }

    /// <summary>Opens an existing segment; null where its header is not whole.</summary>
    public static Segment? Open(FileCache files, string directory, long baseOffset)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        var file = new LogFile(files, Path.Combine(directory, FileName(baseOffset, Extension)));
        if (file.Read(header, 0) < HeaderLength
            || BinaryPrimitives.ReadUInt64LittleEndian(header) != Magic
            || BinaryPrimitives.ReadInt64LittleEndian(header[8..]) != baseOffset
            || BinaryPrimitives.ReadUInt32LittleEndian(header[28..]) != Crc32C.Compute(header[..28]))
        {
            files.Forget(file);
            return null;
        }

        files.Forget(file);
        return new Segment(files, directory, baseOffset, BinaryPrimitives.ReadInt64LittleEndian(header[16..]));
    }

    /// <summary>Ends the segment: from here on its index is the file beside it.</summary>
    public void Finish(SegmentIndex index, SegmentTail tail)
    {
        lock (_gate)
        {
            FinishedLength = tail.End;
            _finished = (index, tail);
            TrySave(index, tail);
        }
    }

    /// <summary>The index and end of a finished segment, loaded at the first call.</summary>
    public (SegmentIndex Index, SegmentTail Tail) Finished()
    {
        lock (_gate)
        {
            if (_finished is { } known)
            {
                return known;
            }

            if (SegmentIndex.TryLoad(_indexPath, BaseOffset, FinishedLength, out var index, out var tail))
            {
                _finished = (index, tail);
                return (index, tail);
            }

            index = new SegmentIndex();
            var scan = SegmentScan.Run(File, FinishedLength, BaseOffset, index);
            if (scan.BadPosition is null)
            {
                TrySave(index, scan.Tail);
                _finished = (index, scan.Tail);
                return (index, scan.Tail);
            }

            // What lies before the damage stays readable; the reader that comes to the damage itself reports it.
            _finished = (index, scan.Tail with { End = FinishedLength, MaxTimestamp = long.MaxValue });
            return _finished.Value;
        }
    }

    /// <summary>Lets go of a finished segment's index, which can be loaded again.</summary>
    public void ForgetIndex()
    {
        lock (_gate)
        {
            _finished = null;
        }
    }

    public void Delete()
    {
        System.IO.File.Delete(_indexPath);
        File.Delete();
    }

    /// <summary>Saves the index where the disk lets it: without the file, the next seek after a restart reads the segment instead.</summary>
    private void TrySave(SegmentIndex index, SegmentTail tail)
    {
        try
        {
            index.Save(_indexPath, BaseOffset, tail);
        }
        catch (IOException)
        {
            System.IO.File.Delete(_indexPath);
        }
    }

    /// <summary>The error for a damaged place.</summary>
    public TarnException Damaged(long position, string? reason) => TarnException.Corrupt(
        $"A stored record is damaged: {reason}.",
        string.Create(CultureInfo.InvariantCulture, $"{File.Path} at byte {position}"),
        "Restore the file from a copy; until then, the records before this place and those of later segments can still be read.");
}
