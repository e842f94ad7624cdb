using Tarn.Core;

namespace Tarn.Log;

/// <summary>
/// One partition: its writer, and the snapshot that its readers use. Its files are opened at its first use. One lock orders appends, rolls and
/// retention; flushes for <see cref="FlushPolicy.EachAppend"/> run outside of it, shared by the appends that wait.
/// </summary>
internal sealed partial class Partition : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LogContext _context;
    private readonly TopicState _topic;
    private readonly int _number;
    private readonly string _directory;
    private readonly GroupCommit _commit;
    private readonly PartitionReader _reader;
    private readonly Arrival _arrival = new();
    private volatile PartitionView? _view;
    private SegmentTail _written;
    private SegmentTail _acknowledged;
    private SegmentTail _flushed;
    private int _epoch;
    private bool _tailUnclean;
    private bool _disposed;
    private ITimer? _flushTimer;
    private bool _flushScheduled;

    public Partition(LogContext context, TopicState topic, int number)
    {
        (_context, _topic, _number) = (context, topic, number);
        _directory = Path.Combine(topic.Directory, number.ToString("D", System.Globalization.CultureInfo.InvariantCulture));
        _commit = new GroupCommit(Flush);
        _reader = new PartitionReader(topic.Name, number);
    }

    private bool FlushesEach => _topic.Options.Flush == FlushPolicy.EachAppend;

    public PartitionView View
    {
        get
        {
            if (_view is { } view)
            {
                return view;
            }

            lock (_gate)
            {
                return Open();
            }
        }
    }

    public bool IsOpen => _view is not null;

    public PartitionDescription Describe()
    {
        var view = View;
        var last = view.Visible.LastTimestamp;
        if (last == SegmentTail.NoTime && view.Segments.Length > 1)
        {
            last = view.Segments[^2].Finished().Tail.LastTimestamp;
        }

        return new PartitionDescription(
            _number, view.Low, view.High, view.Bytes, last == SegmentTail.NoTime ? null : DateTimeOffset.FromUnixTimeMilliseconds(last));
    }

    /// <summary>Appends a batch and returns its first offset; completes once it is as durable as the policy asks.</summary>
    public async Task<long> AppendAsync(IReadOnlyList<NewRecord> records)
    {
        long first;
        Task? durable = null;
        PartitionView? visible = null;
        lock (_gate)
        {
            var view = Open();
            var now = _context.Now;
            CleanTail(view);
            if (ShouldRoll(view, now))
            {
                view = Roll(view, now);
            }

            first = _written.Next;
            Write(view, records, now);
            if (FlushesEach)
            {
                durable = _commit.WaitAsync(_written.Next);
            }
            else
            {
                _acknowledged = _written;
                _view = visible = view with { Visible = _written };
                ScheduleFlush();
            }
        }

        if (durable is not null)
        {
            await durable.ConfigureAwait(false);
        }
        else
        {
            Announce(visible!);
        }

        return first;
    }

    public List<TopicRecord> Read(long offset, ReadLimits limits, CancellationToken cancellation)
    {
        while (true)
        {
            var view = View;
            if (offset < view.Low)
            {
                throw TarnException.NotFound(
                    "Retention has removed the records at this offset.",
                    FormattableString.Invariant($"{_topic.Name}/{_number} offset {offset}"),
                    FormattableString.Invariant($"The first offset that can be read is {view.Low}."));
            }

            if (offset > view.High)
            {
                throw TarnException.InvalidInput(
                    "An offset to read from is at most the end of the partition.",
                    FormattableString.Invariant($"{_topic.Name}/{_number} offset {offset}"),
                    FormattableString.Invariant($"The end is {view.High}."));
            }

            try
            {
                return _reader.Read(view, offset, limits, cancellation);
            }
            catch (FileNotFoundException) when (View.Low > offset)
            {
                // Retention removed the segment between the snapshot and the read: look again, and report that.
            }
            catch (IOException error)
            {
                throw DiskErrors.Unavailable(error, "Reading the log", _directory);
            }
        }
    }

    public long OffsetForTime(DateTimeOffset time, CancellationToken cancellation)
    {
        while (true)
        {
            var view = View;
            try
            {
                return _reader.OffsetForTime(view, CeilingMilliseconds(time), cancellation);
            }
            catch (FileNotFoundException) when (View.Low > view.Low)
            {
                // As above.
            }
        }
    }

    public async Task WaitAsync(long offset, CancellationToken cancellation)
    {
        while (true)
        {
            var next = _arrival.Next;
            if (View.High > offset)
            {
                return;
            }

            await next.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _flushTimer?.Dispose();
            try
            {
                if (_view is { } view && !_tailUnclean && _flushed != _written)
                {
                    FlushActive(view);
                }
            }
            catch (Exception error) when (DiskErrors.IsDisk(error))
            {
                LogEvents.FlushFailed(_context.Log, error, _view!.Active.File.Path);
            }

            _disposed = true;
        }

        _arrival.Close();
    }

    private static long CeilingMilliseconds(DateTimeOffset time)
    {
        var milliseconds = time.ToUnixTimeMilliseconds();
        return DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) < time ? milliseconds + 1 : milliseconds;
    }

    private PartitionView Open()
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(SegmentTopicLog));
        if (_view is { } open)
        {
            return open;
        }

        try
        {
            var view = PartitionRecovery.Open(_context, _directory, flush: _topic.Options.Flush != FlushPolicy.None);
            _written = _acknowledged = _flushed = view.Visible;
            _view = view;
            return view;
        }
        catch (Exception error) when (DiskErrors.IsDisk(error))
        {
            throw DiskErrors.Unavailable(error, "Opening a partition", _directory);
        }
    }

    private bool IsOld(PartitionView view, long now) => now - view.Active.CreatedAt >= (long)_topic.Options.SegmentAge.TotalMilliseconds;

    private bool ShouldRoll(PartitionView view, long now) =>
        _written.Next > view.Active.BaseOffset && (_written.End >= _topic.Options.SegmentBytes || IsOld(view, now));

    /// <summary>Finishes the active segment and begins the next. What was written is durable before, so that only the last segment can be torn.</summary>
    private PartitionView Roll(PartitionView view, long now)
    {
        var flush = _topic.Options.Flush != FlushPolicy.None;
        try
        {
            if (flush)
            {
                FlushActive(view);
            }

            var next = Segment.Create(_context.Files, _directory, _written.Next, now, flush);
            view.Active.Finish(view.ActiveIndex, _written);
            _written = _acknowledged = _flushed = SegmentTail.Empty(next.BaseOffset);
            _view = view = new PartitionView([.. view.Segments, next], new SegmentIndex(), _written);
            return view;
        }
        catch (Exception error) when (DiskErrors.IsDisk(error))
        {
            throw DiskErrors.Unavailable(error, "Beginning a new segment of the log", _directory);
        }
    }

    private void Write(PartitionView view, IReadOnlyList<NewRecord> records, long now)
    {
        try
        {
            _written = BatchWriter.Write(view.Active.File, view.ActiveIndex, _written, records, now);
        }
        catch (Exception error) when (DiskErrors.IsDisk(error))
        {
            _tailUnclean = true;
            view.ActiveIndex.TrimTo(_written.End);
            TryCleanTail(view);
            throw DiskErrors.Unavailable(error, "Appending to the log", view.Active.File.Path);
        }
    }

    /// <summary>Removes what a failed write left behind the tail; the next append needs a clean one.</summary>
    private void CleanTail(PartitionView view)
    {
        if (_tailUnclean && TryCleanTail(view) is { } error)
        {
            throw DiskErrors.Unavailable(error, "Appending to the log", view.Active.File.Path);
        }
    }

    private Exception? TryCleanTail(PartitionView view)
    {
        try
        {
            view.Active.File.Truncate(_written.End);
            _tailUnclean = false;
            return null;
        }
        catch (Exception error) when (DiskErrors.IsDisk(error))
        {
            return error;
        }
    }

    private void Announce(PartitionView view)
    {
        _arrival.Signal();
        _context.Appended(new TopicAppended(_topic.Name, _number, view.High));
    }
}
