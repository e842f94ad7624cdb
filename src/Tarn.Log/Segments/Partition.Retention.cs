namespace Tarn.Log;

/// <content>What is removed: expired segments, and for the log's own use all but the last record of a key.</content>
internal sealed partial class Partition
{
    /// <summary>Removes the finished segments that the topic's options no longer keep; returns how many.</summary>
    public int Retain()
    {
        lock (_gate)
        {
            var view = Open();
            var (options, now) = (_topic.Options, _context.Now);
            if (options.RetentionTime is not null && _written.Next > view.Active.BaseOffset && IsOld(view, now))
            {
                CleanTail(view);
                view = Roll(view, now);
            }

            var (count, bytes) = (0, view.Bytes);
            while (count < view.Segments.Length - 1)
            {
                var expired = options.RetentionTime is { } time && view.Segments[count + 1].CreatedAt + (long)time.TotalMilliseconds <= now;
                if (!expired && !(bytes - view.Segments[count].FinishedLength >= options.RetentionBytes))
                {
                    break;
                }

                bytes -= view.Segments[count++].FinishedLength;
            }

            if (count > 0)
            {
                _view = view with { Segments = view.Segments[count..] };
                for (var i = 0; i < count; i++)
                {
                    view.Segments[i].Delete();
                }

                LogEvents.Retained(_context.Log, count, _topic.Name, _number, _view.Low);
            }

            foreach (var segment in _view!.Segments.AsSpan(..^1))
            {
                segment.ForgetIndex();
            }

            return count;
        }
    }

    /// <summary>Keeps only the last record of each key, in a new segment; returns the bytes left. For the log's own use: offsets move.</summary>
    public long Compact()
    {
        lock (_gate)
        {
            var view = Open();
            CleanTail(view);
            FlushActive(view);
            view = View;
            var last = new Dictionary<string, NewRecord>(StringComparer.Ordinal);
            var everything = new ReadLimits(int.MaxValue, int.MaxValue);
            foreach (var record in _reader.Read(view, view.Low, everything, CancellationToken.None))
            {
                last[Convert.ToHexString(record.Key.Span)] = new NewRecord(record.Key, record.Value, record.Timestamp, record.Headers);
            }

            view = Roll(view, _context.Now);
            Write(view, [.. last.Values], _context.Now);
            FlushActive(view);
            _view = _view! with { Segments = [view.Active] };
            foreach (var segment in view.Segments.AsSpan(..^1))
            {
                segment.Delete();
            }

            return _view.Bytes;
        }
    }
}
