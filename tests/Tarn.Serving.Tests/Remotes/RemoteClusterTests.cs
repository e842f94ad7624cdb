using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Which instance of a cluster is asked, and which are left out, on a clock that a test moves.</summary>
public sealed class RemoteClusterTests : IDisposable
{
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(10);

    private readonly ManualTimeProvider _time = new();
    private readonly List<RemoteCluster> _made = [];

    public void Dispose() => _made.ForEach(static c => c.Dispose());

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Calls_go_where_fewer_are_under_way(ulong seed)
    {
        var cluster = Of(5, seed);
        for (var i = 0; i < 100; i++)
        {
            Assert.NotNull(cluster.Pick([]));
        }

        var flights = cluster.Read().Select(static s => s.InFlight).ToList();
        Assert.Equal(100, flights.Sum());
        Assert.True(flights.Max() - flights.Min() <= 4, $"seed {seed}: {string.Join(", ", flights)}");
    }

    [Fact]
    public void One_that_does_not_come_back_gets_no_more_while_another_is_idle()
    {
        var cluster = Of(2);
        var stuck = cluster.Pick([])!;
        for (var i = 0; i < 50; i++)
        {
            var other = cluster.Pick([])!;
            Assert.NotSame(stuck, other);
            cluster.Done(other, RemoteOutcome.Answered, Fast);
        }
    }

    [Fact]
    public void A_call_is_made_again_at_another_instance_only()
    {
        var cluster = Of(3);
        var tried = new RemoteInstance?[3];
        for (var i = 0; i < 3; i++)
        {
            tried[i] = cluster.Pick(tried.AsSpan(0, i));
        }

        Assert.Equal(3, tried.Distinct().Count(static t => t is not null));
        Assert.Null(cluster.Pick(tried));
    }

    [Fact]
    public void Five_calls_in_a_row_without_an_answer_leave_an_instance_out_for_longer_each_time()
    {
        var cluster = Of(2);
        var bad = cluster.Pick([])!;
        cluster.Done(bad, RemoteOutcome.Answered, Fast);
        foreach (var seconds in new[] { 30, 60, 90 })
        {
            for (var i = 0; i < 5; i++)
            {
                Assert.Null(StatusOf(cluster, bad).EjectedUntil);
                Call(cluster, bad, RemoteOutcome.Unreachable);
            }

            var status = StatusOf(cluster, bad);
            Assert.Equal(_time.GetUtcNow().AddSeconds(seconds), status.EjectedUntil);
            Assert.Contains("5 calls", status.Problem!, StringComparison.Ordinal);
            Assert.All(Enumerable.Range(0, 20), _ => Assert.NotSame(bad, Answered(cluster)));

            _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            Assert.NotNull(StatusOf(cluster, bad).EjectedUntil);
            _time.Advance(TimeSpan.FromTicks(1));
            Assert.Null(StatusOf(cluster, bad).EjectedUntil);
        }

        _time.Advance(TimeSpan.FromMinutes(6));
        Fail(cluster, bad, 5);
        Assert.Equal(_time.GetUtcNow().AddSeconds(30), StatusOf(cluster, bad).EjectedUntil);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 2)]
    public void Never_more_than_half_are_left_out(int instances, int most)
    {
        var cluster = Of(instances);
        for (var i = 0; i < 200 * instances && cluster.Pick([]) is { } instance; i++)
        {
            cluster.Done(instance, RemoteOutcome.Unreachable, Fast);
        }

        Assert.Equal(most, cluster.Read().Count(static s => s.EjectedUntil is not null));
    }

    [Fact]
    public void One_that_answers_errors_when_others_do_not_is_left_out_but_none_where_all_do()
    {
        var alike = Of(2);
        for (var i = 0; i < 100; i++)
        {
            alike.Done(alike.Pick([])!, RemoteOutcome.Failed, Fast);
        }

        Assert.All(alike.Read(), static s => Assert.Null(s.EjectedUntil));

        var cluster = Of(2, seed: 4);
        var bad = cluster.Pick([])!;
        cluster.Done(bad, RemoteOutcome.Failed, Fast);
        for (var i = 0; i < 100; i++)
        {
            var instance = cluster.Pick([])!;
            cluster.Done(instance, instance == bad ? RemoteOutcome.Failed : RemoteOutcome.Answered, Fast);
        }

        Assert.NotNull(StatusOf(cluster, bad).EjectedUntil);
        Assert.Equal(1, cluster.Read().Count(static s => s.EjectedUntil is not null));
    }

    [Fact]
    public void One_that_is_slow_is_left_out_and_comes_back()
    {
        var cluster = Of(3);
        var slow = cluster.Pick([])!;
        cluster.Done(slow, RemoteOutcome.Answered, Fast);
        Answer(cluster, slow, 60, TimeSpan.FromMilliseconds(49));
        cluster.LookForSlow();
        Assert.Null(StatusOf(cluster, slow).EjectedUntil);

        _time.Advance(TimeSpan.FromSeconds(11));
        Answer(cluster, slow, 60, TimeSpan.FromMilliseconds(200));
        cluster.LookForSlow();
        Assert.Equal(_time.GetUtcNow().AddSeconds(30), StatusOf(cluster, slow).EjectedUntil);
        Assert.Contains("200 ms", StatusOf(cluster, slow).Problem!, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(0, 20), _ => Assert.NotSame(slow, Answered(cluster)));

        _time.Advance(TimeSpan.FromSeconds(30));
        cluster.LookForSlow();
        Assert.Contains(slow, Enumerable.Range(0, 50).Select(_ => Answered(cluster)));
    }

    [Fact]
    public void What_failed_more_than_ten_seconds_ago_does_not_count()
    {
        var cluster = Of(2);
        var instance = cluster.Pick([])!;
        cluster.Done(instance, RemoteOutcome.Answered, Fast);
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            Call(cluster, instance, RemoteOutcome.Failed);
        }

        Assert.Null(StatusOf(cluster, instance).EjectedUntil);
    }

    [Fact]
    public void Callers_that_leave_say_nothing_of_an_instance()
    {
        var cluster = Of(2);
        for (var i = 0; i < 50; i++)
        {
            cluster.Done(cluster.Pick([])!, RemoteOutcome.Abandoned, Fast);
        }

        Assert.All(cluster.Read(), static s => Assert.Equal((0, 0L, 0L, null), (s.InFlight, s.Requests, s.Failures, s.EjectedUntil)));
    }

    [Fact]
    public void A_fifth_of_the_calls_may_be_made_again_and_ten_in_any_case()
    {
        var budget = new RetryBudget();
        Assert.Equal(RetryBudget.Least, budget.Left(0));
        Assert.Equal(RetryBudget.Least, Enumerable.Range(0, 100).Count(_ => budget.TryRetry(0)));
        for (var i = 0; i < 100; i++)
        {
            budget.Count(3);
        }

        Assert.Equal(10, budget.Left(3));

        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => budget.TryRetry(3)));
        Assert.Equal(0, budget.Left(9));
        Assert.False(budget.TryRetry(9));
        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => budget.TryRetry(10)));
        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => budget.TryRetry(23)));
    }

    private static RemoteStatus StatusOf(RemoteCluster cluster, RemoteInstance instance) => cluster.Read().Single(s => s.Url == instance.Url);

    private static RemoteInstance Answered(RemoteCluster cluster)
    {
        var instance = cluster.Pick([])!;
        cluster.Done(instance, RemoteOutcome.Answered, Fast);
        return instance;
    }

    /// <summary>Has exactly this instance asked once, and the others answer.</summary>
    private static void Call(RemoteCluster cluster, RemoteInstance which, RemoteOutcome outcome)
    {
        RemoteInstance instance;
        do
        {
            instance = cluster.Pick([])!;
            cluster.Done(instance, instance == which ? outcome : RemoteOutcome.Answered, Fast);
        }
        while (instance != which);
    }

    private static void Fail(RemoteCluster cluster, RemoteInstance which, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Call(cluster, which, RemoteOutcome.Unreachable);
        }
    }

    private static void Answer(RemoteCluster cluster, RemoteInstance slow, int times, TimeSpan took)
    {
        for (var i = 0; i < times; i++)
        {
            var instance = cluster.Pick([])!;
            cluster.Done(instance, RemoteOutcome.Answered, instance == slow ? took : Fast);
        }
    }

    private RemoteCluster Of(int instances, ulong seed = 1)
    {
        var options = new RemoteOptions { Urls = [.. Enumerable.Range(1, instances).Select(static i => $"http://10.0.0.{i}:8080")] };
        _made.Add(new RemoteCluster("gpu", options, _time, NullLogger.Instance, seed));
        return _made[^1];
    }
}
