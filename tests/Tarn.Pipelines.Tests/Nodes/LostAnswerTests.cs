using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>A commit took effect, and the node cannot find out whether it did: whichever commit it is, every run ends, and counts once.</summary>
public sealed class LostAnswerTests
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    /// <param name="slots">With two, an attempt is taken by way of the store; with nine, the leader begins them all itself.</param>
    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    public void In_a_backfill(int slots) => LoseEach(lost =>
    {
        using var cluster = new NodeCluster(slots);
        var node = cluster.Start(
            PipelineWorld.Build("p", p => p.Schedule(TimeSpan.FromHours(1)).StartAt(Begin.AddYears(1)).Retries(1)
                .Task("a", async (CancellationToken token) => await Task.Delay(TimeSpan.FromSeconds(5), cluster.Time, token))
                .Task("b", static (TaskContext run) => run.Attempt == 1 ? throw new IOException("once") : 1)
                .Task("c", static ([Result("b")] int b) => Assert.Equal(1, b), after: "a")),
            scheduler: true);
        var backfill = cluster.Await(() => node.CreateBackfillAsync(new BackfillRequest { Pipeline = "p", From = Begin, To = Begin.AddHours(3), MaxActiveRuns = 2 }));
        var commits = Lose(cluster, lost, TimeSpan.FromMinutes(1.5));

        Assert.All(cluster.Runs(), r => Assert.True(r.State == RunState.Success, $"Commit {lost}: {r.Id} is {r.State}: {r.Error}"));
        backfill = cluster.Await(() => node.GetBackfillAsync(backfill.Id));
        Assert.True(backfill is { HasEnded: true, Succeeded: 3, Failed: 0 } && cluster.Runs().Count == 3, $"Commit {lost}: {backfill}");
        return commits;
    });

    [Fact]
    public void In_runs_that_are_stored_as_they_start() => LoseEach(static lost =>
    {
        using var cluster = new NodeCluster(slots: 4);
        cluster.Start(PipelineWorld.Build("p", static p => p.Schedule("*/5 * * * *").Task("t", static () => { })), scheduler: true);
        cluster.Advance(TimeSpan.FromSeconds(170));
        var commits = Lose(cluster, lost, TimeSpan.FromSeconds(45));

        // One that was due already, and one that fell due meanwhile.
        Assert.Equal(2, cluster.Runs().Count);
        Assert.All(cluster.Runs(), r => Assert.True(r.State == RunState.Success, $"Commit {lost}: {r}"));
        return commits;
    });

    /// <summary>Does something once for each commit in it.</summary>
    /// <param name="act">Does it, and loses the answer to the commit of that number; returns how many there were.</param>
    private static void LoseEach(Func<int, int> act)
    {
        var commits = int.MaxValue;
        for (var lost = 1; lost <= commits; lost++)
        {
            commits = act(lost);
        }

        Assert.InRange(commits, 4, 500);
    }

    /// <summary>Lets time pass and loses the answer to one of the commits; returns how many there were.</summary>
    private static int Lose(NodeCluster cluster, int lost, TimeSpan time)
    {
        var commits = 0;
        cluster.Committed = _ =>
        {
            if (++commits == lost)
            {
                throw new TarnException(ErrorKind.Unavailable, "Whether it took effect is unknown.") { IsOutcomeUnknown = true };
            }
        };
        cluster.Advance(time);
        return commits;
    }
}
