namespace Tarn.Lake;

/// <summary>
/// Collects event times that a commit touches, at the table's grain: a bit a piece of the grain, in pages, so that ten million rows cost a few nanoseconds each and
/// little memory. Times that lie so far apart that the pages grow too many are collected more coarsely. Used by one thread at a time.
/// </summary>
internal sealed class TouchedSet
{
    /// <summary>A commit tells of no more spans: beyond that those nearest to each other are joined.</summary>
    public const int MostSpans = 2_000;

    private const int PageBits = 12;
    private const int PageSize = 1 << PageBits;
    private const int MostPages = 1 << 16;
    private const int CoarserBy = 16;

    private readonly List<(long Start, long End)> _spans = [];
    private Dictionary<long, ulong[]> _pages = [];
    private long _grain;
    private long _last = long.MinValue;
    private ulong[] _lastPage = [];
    private long _knownFrom = 1;
    private long _knownTo;
    private bool _coarse;
    private bool _nulls;
    private bool _unknown;
    private TouchedTimes? _times;

    public TouchedSet(EventTime time) => (Time, _grain) = (time, time.Grain);

    public EventTime Time { get; }

    /// <summary>A row that has that value, or none.</summary>
    public void Add(object? value)
    {
        if (EventTime.MicrosOf(value) is { } micros)
        {
            Add(micros);
        }
        else
        {
            AddNull();
        }
    }

    public void AddNull() => _nulls = true;

    /// <summary>Rows that may be any.</summary>
    public void AddUnknown() => _unknown = true;

    /// <summary>A row at that time, in microseconds.</summary>
    public void Add(long micros)
    {
        // Rows come in about the order of their times, most often.
        if (micros >= _knownFrom && micros < _knownTo)
        {
            return;
        }

        var clamped = EventTime.Clamp(micros);
        var piece = EventTime.FloorDivide(clamped, _grain);
        _knownFrom = clamped == micros ? piece * _grain : micros;
        _knownTo = clamped == micros ? _knownFrom + _grain : micros;
        Set(piece);
        if (_pages.Count > MostPages)
        {
            Coarsen();
        }
    }

    /// <summary>Rows somewhere between two times, both of them included.</summary>
    public void AddBetween(long least, long greatest)
    {
        var (first, last) = (EventTime.FloorDivide(EventTime.Clamp(least), Time.Grain), EventTime.FloorDivide(EventTime.Clamp(greatest), Time.Grain));
        if (first == last)
        {
            Add(least);
            return;
        }

        _coarse = true;
        _spans.Add((first * Time.Grain, (last + 1) * Time.Grain));
    }

    /// <summary>What was collected; null where rows may be any. Nothing is added afterwards.</summary>
    public TouchedTimes? Times() => _unknown ? null : _times ??= Make();

    private void Set(long piece)
    {
        var page = piece >> PageBits;
        if (page != _last)
        {
            if (!_pages.TryGetValue(page, out var bits))
            {
                _pages[page] = bits = new ulong[PageSize / 64];
            }

            (_last, _lastPage) = (page, bits);
        }

        var at = (int)(piece & (PageSize - 1));
        _lastPage[at >> 6] |= 1UL << (at & 63);
    }

    private void Coarsen()
    {
        var finer = Pieces().ToList();
        _pages = [];
        _last = long.MinValue;
        (_knownFrom, _knownTo) = (1, 0);
        _coarse = true;
        _grain *= CoarserBy;
        foreach (var (start, end) in finer)
        {
            for (var piece = EventTime.FloorDivide(start, CoarserBy); piece <= EventTime.FloorDivide(end - 1, CoarserBy); piece++)
            {
                Set(piece);
            }
        }
    }

    /// <summary>The runs of pieces of the grain, ascending.</summary>
    private IEnumerable<(long Start, long End)> Pieces()
    {
        long start = 0, end = 0;
        foreach (var (page, bits) in _pages.OrderBy(static p => p.Key))
        {
            for (var at = 0; at < PageSize; at++)
            {
                var word = bits[at >> 6];
                if (word == 0)
                {
                    at |= 63;
                    continue;
                }

                if ((word >> (at & 63) & 1) == 0)
                {
                    continue;
                }

                var piece = (page << PageBits) + at;
                if (piece != end)
                {
                    if (end > start)
                    {
                        yield return (start, end);
                    }

                    start = piece;
                }

                end = piece + 1;
            }
        }

        if (end > start)
        {
            yield return (start, end);
        }
    }

    private TouchedTimes Make()
    {
        var all = Pieces().Select(p => (Start: p.Start * _grain, End: p.End * _grain)).Concat(_spans).OrderBy(static s => s.Start).ToList();
        var merged = new List<(long Start, long End)>(all.Count);
        foreach (var span in all)
        {
            if (merged.Count > 0 && span.Start <= merged[^1].End)
            {
                merged[^1] = (merged[^1].Start, Math.Max(merged[^1].End, span.End));
            }
            else
            {
                merged.Add(span);
            }
        }

        var coarse = _coarse || merged.Count > MostSpans;
        return new TouchedTimes([.. Join(merged).Select(static s => new EventSpan(EventTime.Instant(s.Start), EventTime.Instant(s.End)))], _nulls, coarse);
    }

    /// <summary>Joins neighbours over the narrowest gaps until there are few enough.</summary>
    private static List<(long Start, long End)> Join(List<(long Start, long End)> spans)
    {
        if (spans.Count <= MostSpans)
        {
            return spans;
        }

        var widest = Enumerable.Range(1, spans.Count - 1).OrderByDescending(i => spans[i].Start - spans[i - 1].End).ThenBy(static i => i).Take(MostSpans - 1).Order().ToList();
        var joined = new List<(long Start, long End)>(MostSpans);
        var first = 0;
        foreach (var gap in widest)
        {
            joined.Add((spans[first].Start, spans[gap - 1].End));
            first = gap;
        }

        joined.Add((spans[first].Start, spans[^1].End));
        return joined;
    }
}
