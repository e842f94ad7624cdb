namespace Tarn.Log;

/// <content>When what was written reaches the disk, and what is taken back where it does not.</content>
internal sealed partial class Partition
{
    private void FlushActive(PartitionView view)
    {
        try
        {
            view.Active.File.Flush();
        }
        catch (Exception error) when (DiskErrors.IsDisk(error))
        {
            TakeBack(_epoch, error);
            throw;
        }

        _acknowledged = _flushed = _written;
        _view = view with { Visible = _written };
        _commit.Complete(_acknowledged.Next);
    }

    /// <summary>The group commit's flush. On failure it takes back all that is not durable, and those who wait are told so.</summary>
    private long Flush()
    {
        SegmentTail target;
        PartitionView view;
        int epoch;
        lock (_gate)
        {
            (target, view, epoch) = (_written, _view!, _epoch);
        }

        try
        {
            view.Active.File.Flush();
        }
        catch (Exception error) when (DiskErrors.IsDisk(error) || error is ObjectDisposedException)
        {
            lock (_gate)
            {
                TakeBack(epoch, error);
                return _acknowledged.Next;
            }
        }

        long acknowledged;
        lock (_gate)
        {
            if (epoch == _epoch && target.Next > _acknowledged.Next)
            {
                _acknowledged = _flushed = target;
                _view = _view! with { Visible = target };
            }

            (view, acknowledged) = (_view!, _acknowledged.Next);
        }

        Announce(view);
        return acknowledged;
    }

    private void TakeBack(int epoch, Exception error)
    {
        if (epoch != _epoch || _disposed)
        {
            return;
        }

        LogEvents.FlushFailed(_context.Log, error, _view!.Active.File.Path);
        _epoch++;
        _written = _acknowledged;
        _view.ActiveIndex.TrimTo(_acknowledged.End);
        _tailUnclean = true;
        TryCleanTail(_view);
        _commit.Fail(DiskErrors.Unavailable(error, "Flushing the log", _view.Active.File.Path));
    }

    private void ScheduleFlush()
    {
        if (_topic.Options.Flush.Interval is { } interval && !_flushScheduled)
        {
            _flushScheduled = true;
            _flushTimer ??= _context.Time.CreateTimer(static self => ((Partition)self!).FlushOnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _flushTimer.Change(interval, Timeout.InfiniteTimeSpan);
        }
    }

    private void FlushOnTimer()
    {
        LogFile file;
        lock (_gate)
        {
            _flushScheduled = false;
            if (_disposed)
            {
                return;
            }

            file = _view!.Active.File;
        }

        try
        {
            file.Flush();
        }
        catch (Exception error) when (DiskErrors.IsDisk(error) || error is ObjectDisposedException)
        {
            LogEvents.FlushFailed(_context.Log, error, file.Path);
        }
    }
}
