using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>Stretches of time as lists that are ascending and apart from each other. Pure functions.</summary>
internal static class Spans
{
    /// <summary>Sorted and joined where they overlap or touch; empty ones are left out.</summary>
    public static List<EventSpan> Union(IEnumerable<EventSpan> spans)
    {
        var union = new List<EventSpan>();
        foreach (var span in spans.Where(static s => s.Start < s.End).OrderBy(static s => s.Start))
        {
            if (union.Count > 0 && union[^1].End >= span.Start)
            {
                union[^1] = union[^1] with { End = Later(union[^1].End, span.End) };
            }
            else
            {
                union.Add(span);
            }
        }

        return union;
    }

    /// <summary>What lies in both.</summary>
    public static List<EventSpan> Intersect(IReadOnlyList<EventSpan> a, IReadOnlyList<EventSpan> b)
    {
        var both = new List<EventSpan>();
        for (var (i, j) = (0, 0); i < a.Count && j < b.Count;)
        {
            var (start, end) = (Later(a[i].Start, b[j].Start), Earlier(a[i].End, b[j].End));
            if (start < end)
            {
                both.Add(new EventSpan(start, end));
            }

            if (a[i].End < b[j].End)
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return both;
    }

    /// <summary>What lies in the first and not in the second.</summary>
    public static List<EventSpan> Except(IReadOnlyList<EventSpan> from, IReadOnlyList<EventSpan> taken)
    {
        if (taken.Count == 0)
        {
            return [.. from];
        }

        var rest = new List<EventSpan>();
        var next = 0;
        foreach (var span in from)
        {
            var start = span.Start;
            while (next < taken.Count && taken[next].End <= start)
            {
                next++;
            }

            for (var i = next; i < taken.Count && taken[i].Start < span.End; i++)
            {
                if (taken[i].Start > start)
                {
                    rest.Add(new EventSpan(start, taken[i].Start));
                }

                start = Later(start, taken[i].End);
            }

            if (start < span.End)
            {
                rest.Add(new EventSpan(start, span.End));
            }
        }

        return rest;
    }

    /// <summary>At most so many: those nearest to each other are joined.</summary>
    public static IReadOnlyList<EventSpan> AtMost(IReadOnlyList<EventSpan> spans, int most)
    {
        if (spans.Count <= most)
        {
            return spans;
        }

        var kept = Enumerable.Range(1, spans.Count - 1).OrderByDescending(i => spans[i].Start - spans[i - 1].End).ThenBy(static i => i).Take(most - 1).ToHashSet();
        var joined = new List<EventSpan>(most) { spans[0] };
        for (var i = 1; i < spans.Count; i++)
        {
            if (kept.Contains(i))
            {
                joined.Add(spans[i]);
            }
            else
            {
                joined[^1] = joined[^1] with { End = spans[i].End };
            }
        }

        return joined;
    }

    public static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    public static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
