using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>Repairs over much time, and what becomes of them where little is known.</summary>
public sealed class RepairYearTests(ITestOutputHelper output) : RepairContract
{
    [Fact]
    public void A_year_of_hours_is_repaired_where_late_rows_touch_it()
    {
        const int Days = 365;
        var random = new Random(1);
        Lakeside.MakeTable();
        Start(TimeSpan.FromDays(Days - 10), maxActiveRuns: 20);
        var from = RepairWorld.Hour(-24 * Days);
        var hours = World.Await(() => World.Store.WriteAsync(
            (c, t) => IntervalStates.SetSpanAsync(c, t, "p", World.Orchestrator.Pipelines.Get("p").Schedule!, from, RepairWorld.Hour(0), IntervalState.Success)));
        Assert.Equal(24 * Days, hours);
        World.Advance(TimeSpan.FromMinutes(1));
        var horizon = World.Time.GetUtcNow() - TimeSpan.FromDays(Days - 10);

        var started = Stopwatch.GetTimestamp();
        var touched = new SortedSet<DateTimeOffset>();
        for (var i = 0; i < 50; i++)
        {
            var times = Enumerable.Range(0, 8).Select(_ => from.AddMinutes(random.Next(60 * 24 * Days))).ToArray();
            Lakeside.Append(times);
            foreach (var hour in times.Select(static t => t.AddMinutes(-t.Minute)).Where(h => h.AddHours(1) >= horizon))
            {
                touched.Add(hour);
            }

            World.Advance(TimeSpan.FromMilliseconds(100));
        }

        World.Advance(TimeSpan.FromMinutes(2));
        output.WriteLine($"{touched.Count} of {hours} hours repaired in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
        Assert.Equal(touched, Lakeside.Repairs().Select(static r => r.DataInterval.Start));
    }

    [Fact]
    public void Five_years_of_five_minutes_that_are_all_to_be_repaired_are_one_row()
    {
        Lakeside.MakeTable(withEventTime: false);
        Start(TimeSpan.FromDays(3650), every: TimeSpan.FromMinutes(5));
        World.Await(() => World.Orchestrator.PauseAsync("p"));
        World.Await(() => World.Store.WriteAsync(
            (c, t) => IntervalStates.SetSpanAsync(c, t, "p", World.Orchestrator.Pipelines.Get("p").Schedule!, RepairWorld.Hour(-24 * 1825), RepairWorld.Hour(0), IntervalState.Success)));
        Lakeside.Append(RepairWorld.Hour(0));
        var started = Stopwatch.GetTimestamp();
        World.Advance(TimeSpan.FromMilliseconds(10));
        var pending = Assert.Single(Lakeside.State().Pending);
        output.WriteLine($"{pending.Intervals} intervals pending in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");
        Assert.Equal(1825 * 24 * 12, pending.Intervals);
        World.Await(() => World.Orchestrator.ResumeAsync("p"));
        World.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(RepairWorld.Hour(-24 * 1825), Lakeside.Repairs()[0].DataInterval.Start);
    }

    [Fact]
    public void A_table_that_was_made_anew_repairs_the_whole_horizon()
    {
        Lakeside.MakeTable();
        Start(TimeSpan.FromHours(2));
        World.Advance(TimeSpan.FromHours(6));
        World.Kill();
        Directory.Delete(new Uri(Lakeside.Lake.Table(RepairWorld.Silver).Location).LocalPath, recursive: true);
        using var other = new RepairWorld.OtherProcess(Lakeside.Lake);
        other.MakeTable();
        other.Append(RepairWorld.Hour(0));
        World.Services.AddSingleton<SourceReader>(new RepairWorld.SettledReader(other.Lake, null));
        Start(TimeSpan.FromHours(2));
        World.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([4, 5], Lakeside.RepairedHours());
        Assert.Equal("The table was made anew.", Lakeside.Repairs()[0].Cause!.Value.GetProperty("wholeHorizon").GetString());
    }

    private void Start(TimeSpan horizon, int maxActiveRuns = 1, TimeSpan? every = null)
    {
        World.Start(
            "p",
            p => p.Schedule(every ?? TimeSpan.FromHours(1)).StartAt(RepairWorld.Hour(0)).CatchUp().RepairedBy(RepairWorld.Silver, horizon, maxActiveRuns).Task("t", (TaskContext run) => Task.Delay(TimeSpan.FromSeconds(1), World.Time, run.CancellationToken)),
            scheduler: true);
        World.Idle();
    }
}
