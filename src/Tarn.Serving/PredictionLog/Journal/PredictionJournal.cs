using System.Globalization;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Log;

namespace Tarn.Serving;

/// <summary>
/// The files that predictions are written to first. Writers take no lock and make no system call, save the one in some ten thousand that finds its file full and goes on
/// to the next, which was made before. The files of earlier processes are read and never written to again.
/// </summary>
internal sealed class PredictionJournal : IThreadPoolWorkItem, IDisposable
{
    private const int TouchedAhead = 1 << 20;

    private static readonly TimeSpan RetryGrowing = TimeSpan.FromSeconds(1);
    private readonly string _directory;
    private readonly PredictionLogOptions _options;
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly ILogger _log;
    private readonly FileStream _lock;
    private readonly ITimer _flushTimer;
    private readonly Lock _rolling = new();
    private readonly Lock _making = new();
    private readonly Lock _flushing = new();
    private readonly List<JournalSegment> _segments = [];
    private JournalSegment? _current;
    private volatile bool _hasRolled;
    private JournalSegment? _prepared;
    private long _nextNumber = 1;
    private long? _failedAt;
    private bool _closed;

    /// <summary>Opens the journal of a directory, which is made where it does not exist.</summary>
    /// <exception cref="TarnException">Conflict: another process has it open. Unavailable: the disk is full or fails.</exception>
    public PredictionJournal(string directory, PredictionLogOptions options, TimeProvider time, IdSource ids, ILogger log)
    {
        (_directory, _options, _time, _ids, _log) = (Path.GetFullPath(directory), options, time, ids, log);
        _lock = DirectoryLock.Take(_directory);
        try
        {
            OpenOld();
            Id = Id == Guid.Empty ? ids.NewGuid() : Id;
            _segments.Add(_current = Make());
            _current.Touch(TouchedAhead);
        }
        catch (Exception error)
        {
            CloseFiles();
            if (DiskErrors.IsDisk(error))
            {
                throw DiskErrors.Unavailable(error, "Opening the journal of predictions", _directory);
            }

            throw;
        }

        _flushTimer = time.CreateTimer(static self => ((PredictionJournal)self!).Flush(), this, options.FlushInterval, options.FlushInterval);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Names the journal: positions of two journals are not to be compared.</summary>
    public Guid Id { get; private set; }

    /// <summary>Files that hold records, or will.</summary>
    public int Segments
    {
        get
        {
            lock (_rolling)
            {
                return _segments.Count;
            }
        }
    }

    /// <summary>Bytes of records that are not yet in the topic.</summary>
    public long UnmovedBytes
    {
        get
        {
            lock (_rolling)
            {
                return _segments.Sum(static s => (long)Math.Max(0, s.Used - s.Moved));
            }
        }
    }

    /// <summary>The oldest file that is not yet in the topic as a whole.</summary>
    public JournalSegment Oldest
    {
        get
        {
            lock (_rolling)
            {
                ObjectDisposedException.ThrowIf(_closed, this);
                return _segments[0];
            }
        }
    }

    /// <summary>Writes a record. False: the journal may take no more, or is closed.</summary>
    public bool TryWrite(ReadOnlySpan<byte> head, ReadOnlySpan<byte> inputs, ReadOnlySpan<byte> outputs)
    {
        var aligned = (head.Length + inputs.Length + outputs.Length + 7) & ~7;
        for (var segment = Volatile.Read(ref _current); segment is not null; segment = Advance(segment))
        {
            var offset = segment.Reserve(aligned);
            if (offset >= 0)
            {
                segment.Publish(offset, head, inputs, outputs);
                return true;
            }
        }

        return false;
    }

    /// <summary>Removes a file whose records are all in the topic. The last one stays: it is being written to, and its positions are where the next process goes on.</summary>
    public void Remove(JournalSegment segment)
    {
        lock (_rolling)
        {
            _segments.Remove(segment);
        }

        if (segment.SkippedBytes > 0)
        {
            PredictionEvents.Torn(_log, segment.Path, segment.SkippedBytes);
        }

        lock (_flushing)
        {
            segment.Dispose();
        }

        try
        {
            File.Delete(segment.Path);
        }
        catch (Exception error) when (DiskErrors.IsDisk(error))
        {
            // It says of itself that it was moved: the next process removes it.
            PredictionEvents.NotRemoved(_log, error, segment.Path);
        }
    }

    /// <summary>Whether it is the file that is written to.</summary>
    public bool IsCurrent(JournalSegment segment) => ReferenceEquals(Volatile.Read(ref _current), segment);

    /// <summary>Forces to the disk what is not yet in the topic, where it is as durable as the topic.</summary>
    public void Flush()
    {
        JournalSegment[] segments;
        lock (_rolling)
        {
            segments = [.. _segments];
        }

        lock (_flushing)
        {
            foreach (var segment in segments)
            {
                try
                {
                    if (segment.Moved < segment.Used)
                    {
                        segment.Touch(segment.Used + TouchedAhead);
                        segment.Flush();
                    }
                }
                catch (ObjectDisposedException)
                {
                    // The pump has moved and removed it in between.
                    continue;
                }
                catch (Exception error) when (DiskErrors.IsDisk(error))
                {
                    PredictionEvents.FlushFailed(_log, error);
                }
            }
        }
    }

    /// <summary>Makes the next file, on a thread of the pool.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            lock (_making)
            {
                if (!_closed && _prepared is null)
                {
                    var next = Make();
                    if (_hasRolled)
                    {
                        next.Touch(_options.SegmentBytes);
                    }

                    Volatile.Write(ref _prepared, next);
                }
            }
        }
        catch (Exception error) when (DiskErrors.IsDisk(error))
        {
            PredictionEvents.CannotGrow(_log, error);
        }
    }

    public void Dispose()
    {
        JournalSegment? current;
        lock (_rolling)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            current = Volatile.Read(ref _current);
            Volatile.Write(ref _current, null);
        }

        _flushTimer.Dispose();
        current!.Seal();
        foreach (var segment in _segments)
        {
            segment.AwaitWriters();
        }

        Flush();
        CloseFiles();
    }

    /// <summary>The file after a full one.</summary>
    private JournalSegment? Advance(JournalSegment full)
    {
        lock (_rolling)
        {
            if (_closed || !ReferenceEquals(_current, full))
            {
                return _current;
            }

            if ((long)_segments.Count * _options.SegmentBytes >= _options.MaxUnmovedBytes || Take() is not { } next)
            {
                return null;
            }

            _segments.Add(next);
            Volatile.Write(ref _current, next);
            _hasRolled = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return next;
        }
    }

    private JournalSegment? Take()
    {
        lock (_making)
        {
            if (_prepared is { } ready)
            {
                _prepared = null;
                return ready;
            }

            if (_failedAt is { } failed && _time.GetElapsedTime(failed) < RetryGrowing)
            {
                return null;
            }

            try
            {
                _failedAt = null;
                return Make();
            }
            catch (Exception error) when (DiskErrors.IsDisk(error))
            {
                _failedAt = _time.GetTimestamp();
                PredictionEvents.CannotGrow(_log, error);
                return null;
            }
        }
    }

    private JournalSegment Make()
    {
        var salt = _ids.NewGuid().ToByteArray(bigEndian: true);
        var head = new SegmentHead(Id, _nextNumber << 30, _options.SegmentBytes, BitConverter.ToUInt32(salt, 12));
        var path = SegmentFile.PathOf(_directory, _nextNumber);
        SegmentFile.Make(path, head);
        var segment = new JournalSegment(path, head, isLive: true);
        _nextNumber++;
        return segment;
    }

    private void OpenOld()
    {
        foreach (var path in Directory.EnumerateFiles(_directory, "*" + SegmentFile.Extension).Order(StringComparer.Ordinal))
        {
            if (!long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                continue;
            }

            _nextNumber = number + 1;
            if (SegmentFile.Read(path, out var isEmpty, out var reason) is { } head && (Id == Guid.Empty || Id == head.Journal))
            {
                Id = head.Journal;
                _segments.Add(new JournalSegment(path, head, isLive: false));
            }
            else if (isEmpty)
            {
                // The process ended while it was made, before anything was written to it.
                File.Delete(path);
            }
            else
            {
                File.Move(path, path + ".damaged", overwrite: true);
                PredictionEvents.Damaged(_log, path, reason.Length > 0 ? reason : "it is one of another journal", path + ".damaged");
            }
        }
    }

    private void CloseFiles()
    {
        lock (_making)
        {
            _prepared?.Dispose();
            _prepared = null;
            foreach (var segment in _segments)
            {
                segment.Dispose();
            }
        }

        _lock.Dispose();
    }
}
