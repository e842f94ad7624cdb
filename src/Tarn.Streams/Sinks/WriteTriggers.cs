using Tarn.Core;

namespace Tarn.Streams;

/// <summary>When a <see cref="TopicWriter{T}"/> commits what it has read: as soon as one of the limits is reached.</summary>
public sealed record WriteTriggers
{
    /// <summary>So many records, over all partitions; 1 to 10,000,000, default 100,000.</summary>
    public int Records { get; init; } = 100_000;

    /// <summary>So many bytes of records, over all partitions; 1 KiB to 1 GiB, default 32 MiB. What is read and not yet committed takes as much memory, and a part more.</summary>
    public long Bytes { get; init; } = 32 << 20;

    /// <summary>So long after the first record came that is not yet committed; 1 ms to 1 day, default 10 seconds. A record is in the table about so much later.</summary>
    public TimeSpan Age { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether it goes on after records that retention removed before they were read; default false, which is an error that says which are gone.</summary>
    public bool SkipRemoved { get; init; }

    /// <summary>Every rule that the triggers break, none where they are good.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>();
        if (Records is < 1 or > 10_000_000)
        {
            errors.Add(FormattableString.Invariant($"Records is 1 to 10,000,000 (value: {Records})."));
        }

        if (Bytes is < 1 << 10 or > 1 << 30)
        {
            errors.Add(FormattableString.Invariant($"Bytes is 1,024 to 1,073,741,824 (value: {Bytes})."));
        }

        if (Age < TimeSpan.FromMilliseconds(1) || Age > TimeSpan.FromDays(1))
        {
            errors.Add(FormattableString.Invariant($"Age is 1 millisecond to 1 day (value: {Age})."));
        }

        return errors;
    }

    internal void Validate()
    {
        if (Errors() is { Count: > 0 } errors)
        {
            throw TarnException.InvalidInput(string.Join(" ", errors), null);
        }
    }
}
