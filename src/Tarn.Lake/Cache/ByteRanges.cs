namespace Tarn.Lake;

/// <summary>A set of an object's bytes, as ranges that neither overlap nor touch, in order. Not safe for several threads.</summary>
internal sealed class ByteRanges
{
    private readonly List<ByteRange> _ranges = [];

    public ByteRanges()
    {
    }

    public ByteRanges(IEnumerable<ByteRange> ranges)
    {
        foreach (var range in ranges)
        {
            Add(range);
        }
    }

    public IReadOnlyList<ByteRange> Ranges => _ranges;

    /// <summary>How many bytes are in it.</summary>
    public long Length { get; private set; }

    public void Add(ByteRange range)
    {
        if (range.Length <= 0)
        {
            return;
        }

        // All that the new range touches becomes one with it.
        var first = _ranges.FindIndex(r => r.End >= range.Start);
        if (first < 0)
        {
            first = _ranges.Count;
        }

        var (start, end, last) = (range.Start, range.End, first);
        for (; last < _ranges.Count && _ranges[last].Start <= end; last++)
        {
            start = Math.Min(start, _ranges[last].Start);
            end = Math.Max(end, _ranges[last].End);
            Length -= _ranges[last].Length;
        }

        _ranges.RemoveRange(first, last - first);
        _ranges.Insert(first, new ByteRange(start, end));
        Length += end - start;
    }

    public void Remove(ByteRange range)
    {
        if (range.Length <= 0)
        {
            return;
        }

        for (var i = _ranges.Count - 1; i >= 0; i--)
        {
            var r = _ranges[i];
            if (r.End <= range.Start || r.Start >= range.End)
            {
                continue;
            }

            _ranges.RemoveAt(i);
            Length -= r.Length;
            foreach (var rest in new[] { new ByteRange(Math.Max(r.Start, range.End), r.End), new ByteRange(r.Start, Math.Min(r.End, range.Start)) })
            {
                if (rest.Length > 0)
                {
                    _ranges.Insert(i, rest);
                    Length += rest.Length;
                }
            }
        }
    }

    public void Clear()
    {
        _ranges.Clear();
        Length = 0;
    }

    /// <summary>What of another set is not in this one.</summary>
    public ByteRanges Missing(ByteRanges wanted)
    {
        var missing = new ByteRanges(wanted._ranges);
        foreach (var range in _ranges)
        {
            missing.Remove(range);
        }

        return missing;
    }

    /// <summary>Whether all of a range is in it.</summary>
    public bool Contains(ByteRange range) => range.Length <= 0 || _ranges.Exists(r => r.Start <= range.Start && r.End >= range.End);
}
