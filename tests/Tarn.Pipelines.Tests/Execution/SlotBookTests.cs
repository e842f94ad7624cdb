using Xunit;

namespace Tarn.Pipelines.Tests.Execution;

public sealed class SlotBookTests
{
    private readonly SlotBook _book = new();
    private readonly List<string> _granted = [];

    [Fact]
    public void The_greater_priority_goes_first_and_among_equals_the_earlier()
    {
        var held = Ask("held", 0, ("pool", 1, 1));
        var all = new[] { Ask("low", -1, ("pool", 1, 1)), Ask("first", 0, ("pool", 1, 1)), Ask("second", 0, ("pool", 1, 1)), Ask("high", 9, ("pool", 1, 1)) };
        Assert.Equal(["held"], _granted);

        _book.Release(held);
        foreach (var name in new[] { "high", "first", "second" })
        {
            _book.Release(all.Single(r => r.Name == name));
        }

        Assert.Equal(["held", "high", "first", "second", "low"], _granted);
    }

    [Fact]
    public void Priority_counts_between_requests_of_different_needs_as_well()
    {
        var held = Ask("held", 0, ("pool", 1, 1));
        Ask("plain", 0, ("pool", 1, 1));
        Ask("limited", 1, ("pool", 1, 1), ("task", 5, 1));

        _book.Release(held);

        Assert.Equal(["held", "limited"], _granted);
    }

    [Fact]
    public void A_request_takes_all_of_its_slots_or_none()
    {
        var task = Ask("holds the task", 0, ("task", 1, 1));
        Ask("needs both", 0, ("task", 1, 1), ("pool", 1, 1));
        var pool = Ask("needs the pool", 0, ("pool", 1, 1));
        Assert.Equal(["holds the task", "needs the pool"], _granted);

        _book.Release(task);
        Assert.DoesNotContain("needs both", _granted);
        _book.Release(pool);
        Assert.Contains("needs both", _granted);
    }

    [Fact]
    public void A_request_for_many_slots_is_not_passed_by_for_ever()
    {
        var (first, second) = (Ask("first", 0, ("pool", 2, 1)), Ask("second", 0, ("pool", 2, 1)));
        Ask("big", 0, ("pool", 2, 2));
        _book.Release(first);
        var late = Ask("late", 0, ("pool", 2, 1));
        Assert.DoesNotContain("late", _granted);

        _book.Release(second);

        Assert.Equal(["first", "second", "big"], _granted);
        _book.Release(late);
    }

    [Fact]
    public void A_request_for_many_slots_is_not_passed_by_where_another_limit_is_freed()
    {
        var (one, limit) = (Ask("one", 0, ("pool", 2, 1)), Ask("limit", 0, ("other pool", 1, 1), ("pipeline", 1, 1)));
        Ask("big", 0, ("pool", 2, 2));
        Ask("small", 0, ("pool", 2, 1), ("pipeline", 1, 1));

        _book.Release(limit);
        Assert.Equal(["one", "limit"], _granted);

        _book.Release(one);
        Assert.Equal(["one", "limit", "big"], _granted);
    }

    [Fact]
    public void A_request_that_waits_for_its_own_limit_keeps_no_one_from_the_pool()
    {
        Ask("runs", 0, ("pool", 2, 1), ("task", 1, 1));
        Ask("waits for its task", 9, ("pool", 2, 1), ("task", 1, 1));
        Ask("other", 0, ("pool", 2, 1));

        Assert.Equal(["runs", "other"], _granted);
    }

    [Fact]
    public void Slots_in_use_already_are_taken_beyond_what_is_free()
    {
        var held = Ask("held", 0, ("pool", 1, 1));
        var seized = new SlotRequest("pool:1", [("pool", 1, 1)], 0);
        _book.Seize(seized);
        Ask("waits", 0, ("pool", 1, 1));

        _book.Release(held);
        Assert.Equal(["held"], _granted);
        _book.Release(seized);
        Assert.Equal(["held", "waits"], _granted);
    }

    [Fact]
    public void A_request_that_is_taken_back_gets_nothing_and_lets_those_behind_it_pass()
    {
        var held = Ask("held", 0, ("pool", 2, 1));
        var big = Ask("big", 0, ("pool", 2, 2));
        Ask("behind", 0, ("pool", 2, 1));
        Assert.Equal(["held"], _granted);

        _book.Release(big);
        Assert.Equal(["held", "behind"], _granted);
        _book.Release(big);
        _book.Release(held);
        _book.Release(held);
        Ask("next", 0, ("pool", 2, 1));
        Ask("one too many", 0, ("pool", 2, 1));
        Assert.Equal(["held", "behind", "next"], _granted);
    }

    private Named Ask(string name, int priority, params (string Name, int Limit, int Slots)[] needs)
    {
        var request = new SlotRequest(string.Join(' ', needs.Select(static n => $"{n.Name}:{n.Slots}")), needs, priority);
        if (_book.Acquire(request, () => _granted.Add(name)))
        {
            _granted.Add(name);
        }

        return new Named(name, request);
    }

    private sealed record Named(string Name, SlotRequest Request)
    {
        public static implicit operator SlotRequest(Named named) => named.Request;
    }
}
